import {
  abortAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { answerOf, Chat, modelRequests, postJson, request, toolRequests } from "./support.ts";

/** A word that is in one test only, to find its requests by. */
const marker = () => `marker-${crypto.randomUUID().slice(0, 8)}`;

afterEach(() => {
  vi.useRealTimers();
});

describe("an answer", () => {
  it("is made from what the tools say, with each call, its tokens and its price on record", async () => {
    const word = marker();
    const turn = await new Chat().ask(`${word} [[tool get_echo_id {"id":"a/b?c","query":{"n":1}}]]`);
    expect(turn.state).toBe("done");
    expect(turn.parts.map(({ type }) => type)).toEqual(["tool", "text"]);
    expect(turn.parts[0]).toMatchObject({
      name: "get_echo_id",
      status: "ok",
      durationMs: expect.any(Number),
    });
    expect(answerOf(turn)).toContain("result of get_echo_id");
    expect(answerOf(turn)).toContain('"path":"/echo/a%2Fb%3Fc","query":"n=1"');
    expect(turn.provider).toBe("anthropic");
    expect(turn.usage?.outputTokens).toBeGreaterThan(0);
    expect(turn.costUsd).toBeGreaterThan(0);
    expect(await modelRequests(word)).toHaveLength(2);
  });

  it("remembers the conversation, and no other", async () => {
    const chat = new Chat();
    const [first, second] = [marker(), marker()];
    await chat.ask(`${first} [[say noted]]`);
    await chat.ask(`${second} [[say yes]]`);
    const [heard] = await modelRequests(second);
    expect(JSON.stringify(heard?.body)).toContain(first);
    expect(JSON.stringify(heard?.body)).toContain("noted");
    const [elsewhere] = await new Chat().ask(`${marker()} hello`).then(() => modelRequests("hello"));
    expect(JSON.stringify(elsewhere?.body)).not.toContain(first);
  });

  it("knows the facts about the user, until they are forgotten", async () => {
    const facts = "/agents/tester/users/playground/facts";
    const fact = `likes ${marker()}`;
    expect((await postJson(facts, { fact })).status).toBe(201);
    expect((await postJson(facts, { fact })).status).toBe(201);
    expect(await (await request(facts)).json()).toEqual({ facts: [expect.objectContaining({ fact })] });
    await new Chat().ask("what do I like?");
    expect(await modelRequests(fact)).toHaveLength(1);
    const body = JSON.stringify({ fact });
    const forget = { method: "DELETE", body, headers: { "Content-Type": "application/json" } };
    expect((await request(facts, forget)).status).toBe(204);
    expect((await request(facts, forget)).status).toBe(404);
    await new Chat().ask("and now?");
    expect(await modelRequests(fact)).toHaveLength(1);
  });

  it("comes without facts when D1 fails", async () => {
    const chat = new Chat();
    await env.DB.exec("ALTER TABLE facts RENAME TO away");
    const turn = await chat
      .ask("[[say still here]]")
      .finally(() => env.DB.exec("ALTER TABLE away RENAME TO facts"));
    expect(turn.state).toBe("done");
  });

  it("runs the calls of one round side by side and gives each its own key", async () => {
    const word = marker();
    const calls = [1, 2, 3].map((n) => `[[tool post_orders {"body":{"n":${n},"word":"${word}"}}]]`).join(" ");
    const turn = await new Chat().ask(calls);
    expect(turn.parts.filter(({ type }) => type === "tool")).toHaveLength(3);
    const requests = await toolRequests(word);
    const keys = requests.map(
      (recorded) => (recorded as { headers?: Record<string, string> }).headers?.["idempotency-key"],
    );
    expect(new Set(keys).size).toBe(3);
    for (const key of keys) expect(key).toMatch(new RegExp(`^${turn.id}-\\d+$`));
  });

  it("ends after the tool rounds that the character allows", async () => {
    const word = marker();
    const turn = await new Chat().ask(`${word} [[rounds 9 get_echo_id {"id":"x"}]]`);
    expect(turn.state).toBe("done");
    expect(turn.parts.filter(({ type }) => type === "tool")).toHaveLength(3);
    const requests = await modelRequests(word);
    expect(requests).toHaveLength(4);
    expect(
      requests.map(({ body }) => (body as { tool_choice?: { type: string } }).tool_choice?.type),
    ).toEqual(["auto", "auto", "auto", "none"]);
  });

  it("tells the model of a tool that failed, and of one that is not there", async () => {
    const turn = await new Chat().ask("[[tool post_status_500 {}]] [[tool get_nothing {}]]");
    expect(turn.state).toBe("done");
    expect(turn.parts.map((part) => (part.type === "tool" ? part.status : ""))).toEqual([
      "error",
      "error",
      "",
    ]);
    expect(answerOf(turn)).toContain("500");
    expect(answerOf(turn)).toContain('There is no tool "get_nothing"');
  });
});

describe("one message", () => {
  it("is answered once, however often it arrives", async () => {
    const chat = new Chat();
    const word = marker();
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => chat.send(`${word} hello`, "the-same")),
    );
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(new Set(answers.map(({ turn }) => turn)).size).toBe(1);
    expect(await chat.settled()).toHaveLength(1);
    expect(await chat.send("another text under the same id", "the-same")).toMatchObject({ duplicate: true });
    expect(await chat.turns()).toHaveLength(1);
    expect(await modelRequests(word)).toHaveLength(1);
  });

  it("waits for the one before it, and is answered in order", async () => {
    const chat = new Chat();
    const socket = await chat.connect();
    const words = [0, 1, 2, 3, 4].map((n) => `${n}-${marker()}`);
    for (const [n, word] of words.entries())
      socket.send({ type: "send", id: `m${n}`, text: `${word} [[slow 5]]` });
    const turns = await chat.until((all) => all.length === 5 && all.every(({ state }) => state === "done"));
    expect(turns.map(({ event }) => event)).toEqual(["chat:m0", "chat:m1", "chat:m2", "chat:m3", "chat:m4"]);
    for (const [n, turn] of turns.entries()) {
      expect(answerOf(turn)).toContain(words[n]);
      expect(turn.startedAt ?? 0).toBeGreaterThanOrEqual(turns[n - 1]?.finishedAt ?? 0);
    }
    socket.socket.close();
  });

  it("does not wait for another conversation", async () => {
    const slow = new Chat();
    await slow.send("[[hang]]");
    expect((await new Chat().ask("[[say quick]]")).state).toBe("done");
    expect((await slow.turns())[0]?.state).toBe("running");
    await slow.stop();
  });
});

describe("a page that watches", () => {
  it("sees the message, the tool and the text grow into exactly what is kept", async () => {
    const chat = new Chat();
    const socket = await chat.connect();
    socket.send({ type: "send", id: "m1", text: '[[tool get_echo_id {"id":"1"}]] [[chunks 10]]' });
    const accepted = await socket.next((frame) => frame.type === "accepted");
    expect(accepted).toMatchObject({ id: "m1", duplicate: false });
    const [kept] = await chat.settled();
    await vi.waitFor(() => expect(socket.shown(accepted.turn)).toEqual(kept));
    expect(socket.frames.filter(({ type }) => type === "delta").length).toBeGreaterThan(3);
    socket.socket.close();
  });

  it("is shown the same when it comes late, in the middle of an answer", async () => {
    const chat = new Chat();
    const { turn } = await chat.send(
      "[[chunks 40]] [[slow 10]] some words to say slowly, one after the other, please",
    );
    await chat.until(([first]) => (first?.parts.length ?? 0) > 0);
    const socket = await chat.connect();
    const [kept] = await chat.settled();
    await vi.waitFor(() => expect(socket.shown(turn)).toEqual(kept));
    socket.socket.close();
  });

  it("is told why nothing comes, and sees the broken start replaced", async () => {
    const chat = new Chat();
    const socket = await chat.connect();
    socket.send({
      type: "send",
      id: "m1",
      text: `${marker()} [[status 529 once retry-after-ms=300]] [[say at last]]`,
    });
    const noticed = await socket.next((frame): frame is Extract<typeof frame, { type: "turn" }> => {
      return frame.type === "turn" && frame.turn.notice !== null;
    });
    expect(noticed.turn.notice).toContain("trying again");
    const [kept] = await chat.settled();
    expect(kept).toMatchObject({ state: "done", notice: null });
    expect(answerOf(kept as never)).toBe("at last");
    socket.socket.close();
  });
});

describe("a stop", () => {
  it("ends the answer, keeps what was shown, closes the model's stream and lets the next one begin", async () => {
    const chat = new Chat();
    const word = marker();
    await chat.send(`${word} [[chunks 100]] [[slow 50]] ${"many words ".repeat(50)}`);
    await chat.send("[[say next]]");
    await chat.until(([first]) => (first ? answerOf(first).length > 10 : false));
    expect(await chat.stop()).toBe(true);
    const [stopped, next] = await chat.settled();
    expect(stopped).toMatchObject({ state: "cancelled", notice: "Stopped." });
    expect(answerOf(stopped as never).length).toBeGreaterThan(10);
    expect(next).toMatchObject({ state: "done" });
    await vi.waitFor(async () => expect((await modelRequests(word))[0]?.state).toBe("aborted"));
    expect(JSON.stringify((await modelRequests("[[say next]]")).at(-1)?.body)).toContain(
      "[stopped by the user]",
    );
  });

  it("ends a tool call too, closes its connection within a second, and says that nobody knows what came of it", async () => {
    const chat = new Chat();
    const word = marker();
    await chat.send(`[[tool post_silent {"body":{"word":"${word}"}}]]`);
    await chat.until(([first]) => first?.parts[0]?.type === "tool" && first.parts[0].status === "running");
    await vi.waitFor(async () => expect(await toolRequests(word)).toMatchObject([{ answer: "open" }]));
    expect(await chat.stop()).toBe(true);
    await vi.waitFor(async () => expect(await toolRequests(word)).toMatchObject([{ answer: "cut" }]), {
      timeout: 1_000,
    });
    const [stopped] = await chat.settled();
    expect(stopped?.parts[0]).toMatchObject({ status: "unknown" });
  });

  it("changes nothing when nothing runs", async () => {
    const chat = new Chat();
    expect(await chat.stop()).toBe(false);
    const turn = await chat.ask("[[say done]]");
    expect(await chat.stop()).toBe(false);
    expect(await chat.turns()).toEqual([turn]);
  });
});

describe("a failure", () => {
  it.each([
    ["[[status 401]]", /whoever|tell/i],
    ["[[status 400]]", /./],
    ["[[refuse]]", /./],
  ])(
    "of the model (%s) ends the turn with a sentence for the user, and the next message is answered",
    async (script, said) => {
      const logged = vi.spyOn(console, "error").mockImplementation(() => {});
      const chat = new Chat();
      const turn = await chat.ask(`${marker()} ${script}`);
      expect(turn.notice).toMatch(said);
      expect(turn.notice).not.toMatch(/sk-ant|api\.anthropic|undefined/);
      expect(logged.mock.calls.flat().join()).not.toContain("sk-ant-test");
      expect((await chat.ask("[[say fine]]")).state).toBe("done");
      logged.mockRestore();
    },
  );

  it("of an agent that needs a runner says so", async () => {
    const turn = await new Chat("coder").ask("write code");
    expect(turn.state).toBe("failed");
    expect(turn.notice).toMatch(/runner/);
  });

  it("to find a key is answered by the demo model, and it says that it is one", async () => {
    const turn = await new Chat("keyless").ask("hello");
    expect(turn).toMatchObject({ state: "done", provider: "demo", costUsd: 0 });
    expect(answerOf(turn)).toMatch(/demo model/i);
    const { agents } = await (await request("/agents")).json<{
      agents: { id: string; provider: object }[];
    }>();
    expect(agents.find(({ id }) => id === "keyless")?.provider).toMatchObject({ demo: true, ready: true });
  });
});

describe("an instance that dies", () => {
  it("during a model call has it made again, and the answer replaces what was shown", async () => {
    const chat = new Chat();
    const word = marker();
    await chat.send(
      `${word} [[chunks 30]] [[slow 20]] [[say a long answer that is cut in the middle of it]]`,
    );
    await chat.until(([first]) => (first ? answerOf(first) !== "" : false));
    await abortAllDurableObjects();
    const [turn] = await chat.settled();
    expect(answerOf(turn as never)).toBe("a long answer that is cut in the middle of it");
    expect(await modelRequests(word)).toHaveLength(2);
  });

  it("during a tool call repeats it only if it is a GET", async () => {
    const chat = new Chat();
    const word = marker();
    await chat.send(`[[tool post_silent {"body":{"word":"${word}"}}]] [[tool get_echo_id {"id":"${word}"}]]`);
    await vi.waitFor(async () => expect(await toolRequests(word)).toHaveLength(2));
    await abortAllDurableObjects();
    const [turn] = await chat.settled();
    expect(turn?.parts[0]).toMatchObject({ type: "tool", name: "post_silent", status: "unknown" });
    expect(turn?.parts[1]).toMatchObject({ type: "tool", name: "get_echo_id", status: "ok" });
    expect(answerOf(turn as never)).toContain("Outcome unknown");
    expect((await toolRequests(word)).filter(({ method }) => method === "POST")).toHaveLength(1);
  });

  it.each<[string, (chat: Chat) => Promise<unknown>]>([
    ["a look at its history", (chat) => chat.stub.history()],
    ["a question about one event", (chat) => chat.stub.turnOf("chat:nobody-sent-this")],
    ["an edit of what is none of its messages", (chat) => chat.stub.amend({ id: "chat:none", text: "" })],
    ["a page that connects", (chat) => chat.connect()],
    ["its alarm, before any job is due", (chat) => runDurableObjectAlarm(chat.stub)],
  ])("leaves a turn that goes on after the next one's first event, whatever it is: %s", async (_, event) => {
    const chat = new Chat();
    const word = marker();
    await chat.send(`${word} [[chunks 30]] [[slow 20]] [[say taken up by whoever comes next]]`);
    await vi.waitFor(async () => expect(await modelRequests(word)).toHaveLength(1));
    await abortAllDurableObjects();
    await event(chat);
    // Nobody asks the session again, and its watchdog is half a minute away.
    await vi.waitFor(async () => expect(await modelRequests(word)).toHaveLength(2));
    const [turn] = await chat.settled();
    expect(answerOf(turn as never)).toBe("taken up by whoever comes next");
  });

  it("is noticed by the watchdog when nobody calls", async () => {
    const chat = new Chat();
    await chat.send("[[chunks 20]] [[slow 30]] [[say woken by the alarm]]");
    await chat.until(([first]) => first?.state === "running");
    await abortAllDurableObjects();
    expect(await runDurableObjectAlarm(chat.stub)).toBe(true);
    const [turn] = await chat.settled();
    expect(answerOf(turn as never)).toBe("woken by the alarm");
  });

  it("while messages wait loses none of them and keeps their order", async () => {
    const chat = new Chat();
    for (const n of [0, 1, 2, 3]) await chat.send(`[[say answer ${n}]] [[slow 10]]`, `m${n}`);
    await abortAllDurableObjects();
    const turns = await chat.until((all) => all.every(({ state }) => state === "done"));
    expect(turns.map((turn) => answerOf(turn))).toEqual(["answer 0", "answer 1", "answer 2", "answer 3"]);
  });

  it("again and again with the same turn makes the agent give up honestly", async () => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => {});
    const chat = new Chat();
    const word = marker();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    await chat.send(`${word} [[hang]]`);
    for (let death = 1; death <= 5; death++) {
      await vi.waitFor(async () => expect(await modelRequests(word)).toHaveLength(death));
      await abortAllDurableObjects();
      vi.setSystemTime(Date.now() + 60_000);
      await chat.turns();
    }
    const [turn] = await chat.settled();
    expect(turn).toMatchObject({ state: "failed" });
    expect(turn?.notice).toMatch(/gave up/);
    expect(await modelRequests(word)).toHaveLength(5);
    logged.mockRestore();
  });

  it("again and again within seconds pauses before the next call that may be paid for, and can be stopped", async () => {
    const chat = new Chat();
    const word = marker();
    await chat.send(`${word} [[hang]]`);
    for (let death = 1; death <= 3; death++) {
      await vi.waitFor(async () => expect(await modelRequests(word)).toHaveLength(death), 20_000);
      await abortAllDurableObjects();
      await chat.turns();
    }
    await chat.until(([turn]) => turn?.notice?.includes("trying again in a moment") ?? false);
    expect(await modelRequests(word)).toHaveLength(3);
    expect(await chat.stop()).toBe(true);
    expect(await chat.settled()).toMatchObject([{ state: "cancelled" }]);
    expect((await chat.ask("[[say next]]")).state).toBe("done");
  });

  it("very often, as on a machine that keeps failing, is given up only once it was tried for ten minutes", async () => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => {});
    const chat = new Chat();
    const word = marker();
    const start = Date.now();
    await chat.send(`${word} [[hang]]`);
    await vi.waitFor(async () => expect(await modelRequests(word)).toHaveLength(1));
    await runInDurableObject(chat.stub, (_, { storage }) => {
      storage.sql.exec("UPDATE turns SET generation = 40");
    });
    await abortAllDurableObjects();
    await chat.turns();
    await vi.waitFor(async () => expect(await modelRequests(word)).toHaveLength(2));
    vi.useFakeTimers({ toFake: ["Date"], now: start + 11 * 60_000 });
    await abortAllDurableObjects();
    const [turn] = await chat.settled();
    expect(turn).toMatchObject({ state: "failed" });
    expect(turn?.notice).toMatch(/gave up/);
    expect(await modelRequests(word)).toHaveLength(2);
    logged.mockRestore();
  });

  it("and comes back is still connected to the pages that watch", async () => {
    const chat = new Chat();
    const socket = await chat.connect();
    await evictDurableObject(chat.stub);
    const turn = await chat.ask("[[say after the eviction]]");
    await vi.waitFor(() => expect(answerOf(socket.shown(turn.id) as never)).toBe("after the eviction"));
    socket.socket.close();
  });
});

describe("a conversation's retention", () => {
  it("forgets what is older, keeps what is younger, and leaves the list when nothing is left", async () => {
    const chat = new Chat();
    const start = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: start });
    await chat.ask("[[say old]]");
    vi.setSystemTime(start + 20 * 86_400_000);
    await chat.ask("[[say young]]");
    vi.setSystemTime(start + 31 * 86_400_000);
    await runDurableObjectAlarm(chat.stub);
    expect((await chat.turns()).map((turn) => answerOf(turn))).toEqual(["young"]);
    const listed = async () => {
      const { chats } = await (await request("/agents/tester/chats")).json<{ chats: { id: string }[] }>();
      return chats.some(({ id }) => id === chat.id);
    };
    expect(await listed()).toBe(true);
    vi.setSystemTime(start + 51 * 86_400_000);
    await runDurableObjectAlarm(chat.stub);
    expect(await chat.turns()).toEqual([]);
    await vi.waitFor(async () => expect(await listed()).toBe(false));
    // It sleeps for good once the agent's hub has heard of its calls.
    await vi.waitFor(
      async () => {
        vi.setSystemTime(Date.now() + 30_000);
        expect(await runDurableObjectAlarm(chat.stub)).toBe(false);
      },
      { timeout: 4_000 },
    );
  });
});
