import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { ChannelSession } from "../../durable-objects/channel-session/channel-session.ts";
import type { Attachment } from "../../shared/session/attachment.ts";
import { answerOf, Chat, modelRequests, postJson, toolRequests } from "./support.ts";

/** A word that is in one test only, to find its requests by. */
const marker = () => `marker-${crypto.randomUUID().slice(0, 8)}`;

/** How later prompts begin what they hold of older messages. */
const HELD = "Summary of the earlier conversation: ";

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

interface Body {
  system?: { text: string }[];
  messages: { role: string; content: { type: string; text?: string; source?: unknown }[] }[];
}

/** Requests for a summary of the conversation that `word` is in, and those for an answer, oldest first. */
async function requestsOf(word: string): Promise<{ summaries: Body[]; answers: Body[] }> {
  const bodies = (await modelRequests(word)).map(({ body }) => body as Body);
  const isSummary = ({ system }: Body) => system?.[0]?.text.startsWith("You keep the memory") ?? false;
  return { summaries: bodies.filter(isSummary), answers: bodies.filter((body) => !isSummary(body)) };
}

const promptOf = (body: Body | undefined) => body?.system?.map(({ text }) => text).join("\n") ?? "";

/** Asks `count` questions one after the other, each with `word` and its number in it. */
async function converse(chat: Chat, word: string, from: number, to: number, script = ""): Promise<void> {
  for (let n = from; n <= to; n++) await chat.ask(`${word} question ${n}. [[say answer ${n}]] ${script}`);
}

/** Waits until as many summaries are begun. */
function summariesBegun(word: string, count: number): Promise<void> {
  return vi.waitFor(async () => expect((await requestsOf(word)).summaries).toHaveLength(count), {
    timeout: 20_000,
    interval: 20,
  });
}

/** Waits until as many summaries are made and stored, and returns their requests. */
async function summariesMade(chat: Chat, word: string, count: number): Promise<Body[]> {
  const stored =
    "SELECT count(*) AS made FROM steps WHERE entry ->> 'kind' = 'summary' AND finished_at IS NOT NULL";
  await vi.waitFor(
    async () => {
      const row = await runInDurableObject(chat.stub, (_, state) => state.storage.sql.exec(stored).one());
      expect(row).toEqual({ made: count });
    },
    { timeout: 20_000, interval: 20 },
  );
  return (await requestsOf(word)).summaries;
}

describe("a conversation that outgrows the prompt", { timeout: 40_000 }, () => {
  it("keeps one summary of what fell out, brought up to date a dozen messages at a time", async () => {
    const chat = new Chat();
    const word = marker();
    await converse(chat, word, 1, 10);
    expect((await requestsOf(word)).summaries).toEqual([]);

    await converse(chat, word, 11, 11);
    const [first] = await summariesMade(chat, word, 1);
    const material = JSON.stringify(first?.messages);
    for (const n of [1, 6]) expect(material).toContain(`question ${n}.`);
    expect(material).not.toContain("question 7.");
    expect(material).not.toContain("Earlier summary");

    await converse(chat, word, 12, 30);
    // 60 messages: 12 are summarised when there are 22 that no summary holds, which is after every sixth question.
    const summaries = await summariesMade(chat, word, 4);
    expect(summaries).toHaveLength(4);
    expect(JSON.stringify(summaries[1]?.messages)).toContain("Earlier summary:\\nanswer 6");
    const { answers } = await requestsOf(word);
    expect(promptOf(answers[10])).not.toContain(HELD);
    const held = answers.slice(12).map((body) => promptOf(body).split(HELD).length - 1);
    expect(held).toEqual(held.map(() => 1));
    expect(promptOf(answers.at(-1))).toMatch(new RegExp(`${HELD}answer \\d+$`));
    for (const { messages } of answers) expect(messages.length).toBeLessThanOrEqual(21);
  });

  it("counts the summary in the price of the turn that it was made after", async () => {
    const chat = new Chat();
    const word = marker();
    await converse(chat, word, 1, 11);
    await summariesMade(chat, word, 1);
    const turns = await chat.until(
      (all) => (all[10]?.usage?.inputTokens ?? 0) > (all[9]?.usage?.inputTokens ?? 0) * 1.3,
    );
    expect(turns[10]?.costUsd ?? 0).toBeGreaterThan(turns[9]?.costUsd ?? 0);
    expect(turns[10]?.parts).toEqual([{ type: "text", text: "answer 11" }]);
  });

  it("does not make the next message wait for the summary", async () => {
    const chat = new Chat();
    const word = marker();
    await converse(chat, word, 1, 5);
    await chat.ask(`${word} [[chunks 20]] [[slow 100]] [[say a summary that takes its time to be written]]`);
    await converse(chat, word, 7, 11);
    await summariesBegun(word, 1);
    await converse(chat, word, 12, 12);
    const states = (await modelRequests(word)).filter(({ state }) => state === "open");
    expect(states).toHaveLength(1);
    await summariesMade(chat, word, 1);
  });

  it("is summarised even when one message follows the other", async () => {
    const chat = new Chat();
    const word = marker();
    await converse(chat, word, 1, 10);
    await chat.send(`${word} [[chunks 5]] [[slow 50]] [[say the eleventh]]`);
    await chat.send("[[hang]]");
    await summariesMade(chat, word, 1);
    expect((await chat.turns()).at(-1)?.state).toBe("running");
    await chat.stop();
  });

  it("goes on with an interrupted summary when the watchdog rings, and makes it once", async () => {
    const chat = new Chat();
    const word = marker();
    await converse(chat, word, 1, 5);
    await chat.ask(`${word} [[chunks 20]] [[slow 50]] [[say the slow summary]]`);
    await converse(chat, word, 7, 11);
    await summariesBegun(word, 1);
    await abortAllDurableObjects();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 31_000 });
    expect(await runDurableObjectAlarm(chat.stub)).toBe(true);
    expect(await summariesMade(chat, word, 1)).toHaveLength(2);
    await converse(chat, word, 12, 12);
    const { summaries, answers } = await requestsOf(word);
    expect(summaries).toHaveLength(2);
    expect(promptOf(answers.at(-1))).toContain(`${HELD}the slow summary`);
    expect((await chat.turns()).every(({ state }) => state === "done")).toBe(true);
  });

  it("loses nothing but the summary when it fails", async () => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
    vi.spyOn(console, "error").mockImplementation(() => {});
    const chat = new Chat();
    const word = marker();
    // Its question stays in the conversation, and has the summary refused as it was refused itself.
    expect((await chat.ask(`${word} [[status 400]]`)).state).toBe("failed");
    await converse(chat, word, 2, 12);
    await vi.waitFor(() => expect(warned.mock.calls.flat().join()).toContain("summary.failed"));
    expect(await chat.ask("[[say still here]]")).toMatchObject({ state: "done", notice: null });
    expect(
      (await chat.turns()).slice(1).every(({ state, costUsd }) => state === "done" && costUsd !== null),
    ).toBe(true);
  });

  it("is forgotten together with the messages that it was made of", async () => {
    const start = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: start });
    const chat = new Chat();
    const word = marker();
    await converse(chat, word, 1, 11);
    await summariesMade(chat, word, 1);
    vi.setSystemTime(start + 20 * 86_400_000);
    const held = marker();
    await chat.ask(`${held} [[say young]]`);
    expect(promptOf((await requestsOf(held)).answers[0])).toContain(HELD);
    vi.setSystemTime(start + 31 * 86_400_000);
    await runDurableObjectAlarm(chat.stub);
    const after = marker();
    await chat.ask(`${after} [[say younger]]`);
    const [body] = (await requestsOf(after)).answers;
    expect(promptOf(body)).not.toContain(HELD);
    expect(JSON.stringify(body?.messages)).toContain(held);
  });
});

describe("a conversation that is reset", { timeout: 40_000 }, () => {
  const reset = async (chat: Chat) => {
    const socket = await chat.connect();
    socket.send({ type: "reset" });
    await chat.until((turns) => turns.length === 0);
    socket.socket.close();
  };

  it("forgets its summary and its files too", async () => {
    const chat = new Chat();
    const word = marker();
    await converse(chat, word, 1, 10);
    const pdf = {
      name: "a.pdf",
      contentType: "application/pdf",
      size: 1,
      url: "https://files.example/a.pdf",
    };
    await chat.ask(`${word} look`, [pdf]);
    await summariesMade(chat, word, 1);
    await reset(chat);
    const later = marker();
    await chat.ask(later);
    expect(promptOf((await requestsOf(later)).answers[0])).not.toContain(HELD);
    const inbox = await runInDurableObject(chat.stub, (_, state) =>
      state.storage.sql.exec("SELECT event FROM inbox").toArray(),
    );
    expect(inbox).toHaveLength(12);
    expect(JSON.stringify(inbox)).not.toContain("a.pdf");
  });

  it("notes what a summary that was being made of it may have cost before it forgets", async () => {
    const chat = new Chat();
    const word = marker();
    await converse(chat, word, 1, 5);
    await chat.ask(`${word} [[chunks 10]] [[slow 50]] [[say a late summary]]`);
    await converse(chat, word, 7, 11);
    await summariesBegun(word, 1);
    const lost = "SELECT step, usage FROM reports WHERE usage IS NULL OR usage = 'null'";
    const [before, after] = await runInDurableObject(chat.stub, (session: ChannelSession, { storage }) => {
      const found = () => storage.sql.exec(lost).toArray();
      const earlier = found();
      session.reset();
      return [earlier, found()];
    });
    expect(before).toEqual([]);
    expect(after).toHaveLength(1);
  });

  it("does not keep a summary that was being made of it", async () => {
    const chat = new Chat();
    const word = marker();
    await converse(chat, word, 1, 5);
    await chat.ask(`${word} [[chunks 10]] [[slow 50]] [[say a late summary]]`);
    await converse(chat, word, 7, 11);
    await summariesBegun(word, 1);
    await reset(chat);
    await vi.waitFor(async () => expect((await modelRequests(word)).at(-1)?.state).toBe("aborted"));
    for (const later of [marker(), marker()]) {
      await chat.ask(later);
      expect(promptOf((await requestsOf(later)).answers[0])).not.toContain(HELD);
    }
  });
});

describe("a turn that outgrows the model's window", { timeout: 20_000 }, () => {
  it("has its longest results cut, and is answered", async () => {
    const word = marker();
    const calls = [1, 2, 3, 4].map((n) => `[[tool get_large {"query":{"bytes":65000,"n":${n}}}]]`).join(" ");
    const turn = await new Chat("small").ask(`${word} ${calls}`);
    expect(turn.state).toBe("done");
    const last = (await requestsOf(word)).answers.at(-1);
    const sent = JSON.stringify(last);
    expect(sent.match(/characters left out here/g)).toHaveLength(4);
    expect(sent.length).toBeLessThan(32_000 * 2.5);
    expect(sent).toContain(word);
  });
});

describe("a file that comes with a message", { timeout: 20_000 }, () => {
  const file = (change: Partial<Attachment>): Attachment => ({
    name: "notes.txt",
    contentType: "text/plain",
    size: 10,
    url: "https://files.example/notes.txt",
    ...change,
  });
  const served = (content: string, type = "text/plain") =>
    `${env.TOOLS_URL}/respond?type=${encodeURIComponent(type)}&base64=${encodeURIComponent(btoa(content))}`;

  it("is read by the model, shown to the page, and remembered", async () => {
    const chat = new Chat();
    const [content, word] = [marker(), marker()];
    const attached = file({ url: served(content) });
    const turn = await chat.ask(`${word} look`, [attached]);
    expect(turn.attachments).toEqual([attached]);
    expect(turn.text).toBe(`${word} look`);
    expect((await requestsOf(word)).answers[0]?.messages[0]?.content[0]?.text).toContain(content);
    const later = marker();
    await chat.ask(later);
    expect(JSON.stringify((await requestsOf(later)).answers[0]?.messages)).toContain(content);
    expect(await toolRequests(encodeURIComponent(btoa(content)))).toHaveLength(1);
  });

  it("is cut when it is too long", async () => {
    const word = marker();
    await new Chat().ask(`${word} look`, [file({ url: `${env.TOOLS_URL}/large?bytes=100000` })]);
    const text = (await requestsOf(word)).answers[0]?.messages[0]?.content[0]?.text ?? "";
    expect(text).toContain("[cut: the first 65,536 bytes shown]");
    expect(text.length).toBeLessThan(67_000);
  });

  it("is told as unreadable when its address is broken", async () => {
    const word = marker();
    const turn = await new Chat().ask(`${word} look`, [file({ url: `${env.TOOLS_URL}/status/404` })]);
    expect(turn.state).toBe("done");
    expect((await requestsOf(word)).answers[0]?.messages[0]?.content[0]?.text).toContain("Could not be read");
  });

  it("is seen by the model when it is an image", async () => {
    const word = marker();
    const png = { name: "cat.png", contentType: "image/png" };
    const files = [
      file({ ...png, url: "https://files.example/cat.png" }),
      file({ ...png, url: served("pixels", "image/png") }),
    ];
    await new Chat().ask(`${word} look`, files);
    const [body] = (await requestsOf(word)).answers;
    expect(body?.messages[0]?.content.slice(0, 2)).toEqual([
      { type: "image", source: { type: "url", url: "https://files.example/cat.png" } },
      { type: "image", source: { type: "base64", media_type: "image/png", data: btoa("pixels") } },
    ]);
  });

  it("does not cost the answer when the model cannot fetch the image", async () => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
    const word = marker();
    const png = file({ name: "gone.png", contentType: "image/png", url: "https://files.example/gone.png" });
    const turn = await new Chat().ask(`${word} [[say without looking]]`, [png]);
    expect(turn).toMatchObject({ state: "done", notice: null });
    expect(answerOf(turn)).toBe("without looking");
    const { answers } = await requestsOf(word);
    expect(answers.map(({ messages }) => messages[0]?.content.map(({ type }) => type))).toEqual([
      ["image", "text"],
      ["text"],
    ]);
    expect(JSON.stringify(answers[1])).toContain("could not be shown to you");
    expect(warned.mock.calls.flat().join()).toContain("images.refused");
  });

  it("is read again when the instance dies, and the answer comes once", async () => {
    const chat = new Chat();
    const [content, word] = [marker(), marker()];
    await chat.send(`${word} [[chunks 20]] [[slow 20]] [[say read]]`, "m1", [file({ url: served(content) })]);
    await vi.waitFor(async () => expect(await modelRequests(word)).toHaveLength(1));
    await abortAllDurableObjects();
    const [turn] = await chat.settled();
    expect(answerOf(turn as never)).toBe("read");
    for (const { messages } of (await requestsOf(word)).answers)
      expect(JSON.stringify(messages)).toContain(content);
  });

  it("is named by the demo model", async () => {
    const turn = await new Chat("keyless").ask("look", [file({ name: "cat.png", contentType: "image/png" })]);
    expect(answerOf(turn)).toContain("You attached `cat.png`");
  });

  it("comes over the socket too", async () => {
    const chat = new Chat();
    const socket = await chat.connect();
    const attached = file({ name: "a.pdf", contentType: "application/pdf" });
    socket.send({ type: "send", id: "m1", text: "look", attachments: [attached] });
    const [turn] = await chat.settled();
    expect(turn?.attachments).toEqual([attached]);
    socket.send({ type: "send", id: "m2", text: "look", attachments: [file({ url: "ftp://x/y" })] });
    const refused = await socket.next((frame) => frame.type === "error");
    expect(refused).toMatchObject({
      id: "m2",
      message: expect.stringMatching(/^attachments\.0\.url: .*http/),
    });
    socket.socket.close();
  });

  it.each<[string, unknown, RegExp]>([
    ["no list", "notes.txt", /^attachments: /],
    ["eleven of them", Array.from({ length: 11 }, () => file({})), /^attachments: .*10 files/],
    ["one without a name", [{ ...file({}), name: "" }], /^attachments\.0\.name: /],
    ["one with a size that is none", [{ ...file({}), size: "big" }], /^attachments\.0\.size: /],
    ["one that is a script", [file({ url: "javascript:alert(1)" })], /^attachments\.0\.url: /],
  ])("is refused as %s, with the field named", async (_, attachments, message) => {
    const response = await postJson(`${new Chat().path}/messages`, { id: "m", text: "hi", attachments });
    expect(response.status).toBe(400);
    const { error } = await response.json<{ error: { code: string; message: string } }>();
    expect(error).toMatchObject({ code: "invalid_body", message: expect.stringMatching(message) });
  });
});
