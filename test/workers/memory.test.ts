import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/d1";
import { afterEach, describe, expect, it, vi } from "vitest";
import { addFact, MAX_FACTS } from "../../d1/memory/facts.ts";
import { addPattern, MAX_PATTERNS } from "../../d1/memory/patterns.ts";
import { ChannelSession } from "../../durable-objects/channel-session/channel-session.ts";
import type { TurnView } from "../../shared/chat/protocol.ts";
import type { Fact } from "../../shared/memory/fact.ts";
import type { Pattern } from "../../shared/memory/pattern.ts";
import { chatEvent } from "../../shared/session/event.ts";
import { answerOf, Chat, modelRequests, postJson, request } from "./support.ts";

const DAY = 86_400_000;

/** A word that is in one test only. */
const marker = () => `marker-${crypto.randomUUID().slice(0, 8)}`;

afterEach(() => {
  vi.useRealTimers();
});

/** The directive that makes the fake model call a memory tool. */
const call = (tool: "remember" | "recall" | "forget", input: object) =>
  `[[tool ${tool} ${JSON.stringify(input)}]]`;

/** One message of somebody else than the operator, and its turn. */
async function say(user: string, text: string, chat = new Chat()): Promise<TurnView> {
  const author = { id: user, name: user };
  const receipt = await chat.stub.accept({ ...chatEvent({ id: crypto.randomUUID(), text }), author });
  if (receipt.status === "busy") throw new Error("too many messages wait");
  const { turn } = receipt;
  const turns = await chat.until((all) =>
    all.some(({ id, finishedAt }) => id === turn && finishedAt !== null),
  );
  const said = turns.find(({ id }) => id === turn);
  if (!said) throw new Error(`turn ${turn} is gone`);
  return said;
}

const factsPath = (user: string, agent = "tester") => `/agents/${agent}/users/${user}/facts`;

async function factsOf(user: string, agent?: string): Promise<Fact[]> {
  return (await (await request(factsPath(user, agent))).json<{ facts: Fact[] }>()).facts;
}

async function patternsOf(agent: string, entity: string): Promise<Pattern[]> {
  const response = await request(`/agents/${agent}/patterns`);
  const { patterns } = await response.json<{ patterns: Pattern[] }>();
  return patterns.filter((pattern) => pattern.entity === entity);
}

function deleteJson(path: string, body: unknown): Promise<Response> {
  const headers = { "Content-Type": "application/json" };
  return request(path, { method: "DELETE", body: JSON.stringify(body), headers });
}

/** What the model was told besides the message that holds `word`. */
async function promptOf(word: string): Promise<string> {
  const requests = await modelRequests(word);
  expect(requests).not.toHaveLength(0);
  return JSON.stringify(requests[0]?.body);
}

describe("a fact", () => {
  it("that a user tells is known from their next message on, and forgotten from the one after they take it back", async () => {
    const [chat, user] = [new Chat(), marker()];
    const fact = `likes ${marker()}`;
    const [before, after, later] = [marker(), marker(), marker()];
    await say(user, before, chat);
    const turn = await say(user, call("remember", { fact }), chat);
    expect(turn.parts[0]).toMatchObject({ type: "tool", name: "remember", status: "ok" });
    await say(user, after, chat);
    await say(user, call("forget", { fact: fact.toUpperCase() }), chat);
    await say(user, later, chat);
    const known = `# What you know about the user\\n- ${fact}`;
    expect(await promptOf(before)).not.toContain(known);
    expect(await promptOf(after)).toContain(known);
    expect(await promptOf(later)).not.toContain(known);
  });

  it("told again, in whatever case, becomes surer instead of another fact", async () => {
    const user = marker();
    for (const fact of ["Likes green tea", "likes  GREEN\ntea", "LIKES GREEN TEA"])
      await say(user, call("remember", { fact }));
    const [fact, ...others] = await factsOf(user);
    expect(others).toEqual([]);
    expect(fact).toMatchObject({ fact: "Likes green tea", occurrences: 3 });
    expect(fact?.confidence).toBeCloseTo(0.95);
    expect(fact?.lastSeenAt).toBeGreaterThan(fact?.createdAt ?? Number.POSITIVE_INFINITY);
  });

  it("counts once when its call is made again after a crash", async () => {
    const owner = { agent: "tester", user: marker() };
    const told = { fact: "Likes tea", confidence: 0.8 };
    const at = { now: Date.now(), since: 0 };
    for (const source of ["turn-1", "turn-1", "turn-2", "turn-2"])
      await addFact(drizzle(env.DB), owner, { ...told, source }, at);
    expect(await factsOf(owner.user)).toMatchObject([{ occurrences: 2 }]);
  });

  it("is never within reach of another user, or of another agent, whatever the model writes", async () => {
    const [owner, other, secret] = [marker(), marker(), marker()];
    await say(owner, call("remember", { fact: `Secret ${secret}` }));
    const turn = await say(
      other,
      [
        call("recall", {}),
        call("recall", { query: secret }),
        call("recall", { query: "secret", user: owner }),
        call("forget", { fact: `Secret ${secret}` }),
        call("remember", { fact: "Planted", user: owner }),
      ].join(" "),
    );
    expect(turn.state).toBe("done");
    const outputs = turn.parts.flatMap((part) => (part.type === "tool" ? [part.output ?? ""] : []));
    expect(outputs).toHaveLength(5);
    expect(outputs.slice(0, 1).join()).not.toContain(secret);
    expect(outputs.join()).not.toContain(`- Secret ${secret}`);
    const word = marker();
    await say(other, word);
    expect(await promptOf(word)).not.toContain(`- Secret ${secret}`);
    expect((await factsOf(owner)).map(({ fact }) => fact)).toEqual([`Secret ${secret}`]);
    expect(await factsOf(other)).toEqual([]);
    expect(await factsOf(owner, "keyless")).toEqual([]);
    const elsewhere = await say(owner, "what do you know about me?", new Chat("keyless"));
    expect(answerOf(elsewhere)).toContain("Nothing is remembered yet.");
  });

  it("makes room for a new one when there are many: the oldest and least certain goes", async () => {
    const user = marker();
    const now = Date.now();
    const fill = `with recursive n(i) as (select 0 union all select i + 1 from n where i < ${MAX_FACTS - 1})
      insert into facts (agent, user, key, fact, confidence, created_at, last_seen_at)
      select 'tester', ?, 'fact ' || i, 'fact ' || i, iif(i = 7, 0.1, 0.9), ?, ? + i from n`;
    await env.DB.prepare(fill)
      .bind(user, now, now - 1_000)
      .run();
    expect(await factsOf(user)).toHaveLength(MAX_FACTS);
    await say(user, call("remember", { fact: "one more", confidence: 0 }));
    await say(user, call("remember", { fact: "and another", confidence: 1 }));
    const kept = (await factsOf(user)).map(({ fact }) => fact);
    expect(kept).toHaveLength(MAX_FACTS);
    expect(kept).toContain("and another");
    // Room was made for the first by the unsure fact 7, and for the second by the first, which was least certain then.
    expect(kept).not.toContain("fact 7");
    expect(kept).not.toContain("one more");
    expect(kept).toContain("fact 0");
  });
});

describe("a pattern", () => {
  it("that one user tells is recalled for another, and by its words only", async () => {
    const entity = `repo:acme/${marker()}`;
    await say(
      marker(),
      call("remember", { pattern: { entity, type: "flaky-test", data: { test: "login" } } }),
    );
    const word = marker();
    const turn = await say(marker(), `${word} ${call("recall", { query: `${entity.toUpperCase()} ?` })}`);
    expect(answerOf(turn)).toContain(`- ${entity}, flaky-test: {"test":"login"}`);
    expect(await promptOf(word)).not.toContain('"test":"login"');
    expect(await patternsOf("keyless", entity)).toEqual([]);
  });

  it("told again becomes surer, and says what was told last", async () => {
    const entity = `repo:acme/${marker()}`;
    const pattern = { entity, type: "reviewer", data: { name: "Ann" } };
    await say("a", call("remember", { pattern }));
    await say("b", call("remember", { pattern: { ...pattern, type: " REVIEWER ", data: { name: "Bo" } } }));
    await say("b", call("remember", { pattern: { ...pattern, type: "builds" } }));
    const known = await patternsOf("tester", entity);
    expect(known.map(({ type, data, occurrences }) => [type, data, occurrences])).toEqual([
      ["builds", { name: "Ann" }, 1],
      ["reviewer", { name: "Bo" }, 2],
    ]);
    expect(known[1]?.confidence).toBeCloseTo(0.9);
  });

  it("makes room for a new one when there are many, and a new one always stays", async () => {
    const [agent, now] = [marker(), Date.now()];
    const fill = `with recursive n(i) as (select 0 union all select i + 1 from n where i < ${MAX_PATTERNS - 1})
      insert into patterns (agent, entity, type, data, created_at, last_seen_at)
      select ?, 'e', 'type ' || i, '{}', ?, ? + i from n`;
    await env.DB.prepare(fill).bind(agent, now, now).run();
    const unsure = { entity: "new", type: "t", data: {}, confidence: 0 };
    await addPattern(drizzle(env.DB), agent, unsure, { now, since: 0 });
    const rows = env.DB.prepare("select type from patterns where agent = ?").bind(agent);
    const kept = (await rows.all<{ type: string }>()).results.map(({ type }) => type);
    expect(kept).toHaveLength(MAX_PATTERNS);
    expect(kept).toContain("t");
    expect(kept).not.toContain("type 0");
  });
});

describe("what a retention has run out for", () => {
  it("is not read even before it is deleted, and is deleted by the conversation's daily purge", async () => {
    const [chat, user] = [new Chat(), marker()];
    const [fact, entity] = [`likes ${marker()}`, `repo:acme/${marker()}`];
    const start = Date.now();
    // The watchdog rings by the clock of the machine, and would find the days that are gone by in this test.
    const alarms = vi.spyOn(ChannelSession.prototype, "alarm").mockResolvedValue();
    vi.useFakeTimers({ toFake: ["Date"], now: start });
    await say(user, call("remember", { fact }), chat);
    await say(user, call("remember", { pattern: { entity, type: "t", data: {} } }), chat);
    const stored = async () => {
      const rows = await env.DB.batch<{ rows: number }>([
        env.DB.prepare("select count(*) as rows from facts where fact = ?").bind(fact),
        env.DB.prepare("select count(*) as rows from patterns where entity = ?").bind(entity),
      ]);
      return rows.map(({ results }) => results[0]?.rows);
    };

    vi.setSystemTime(start + 59 * DAY);
    expect(await factsOf(user)).toHaveLength(1);
    vi.setSystemTime(start + 61 * DAY);
    const word = marker();
    const turn = await say(user, `${word} ${call("recall", {})}`, new Chat());
    expect(await promptOf(word)).not.toContain(fact);
    expect(answerOf(turn)).not.toContain(fact);
    expect(answerOf(turn)).toContain(entity);
    expect(await factsOf(user)).toEqual([]);
    expect((await deleteJson(factsPath(user), { fact: "nothing" })).status).toBe(404);
    expect(await patternsOf("tester", entity)).toHaveLength(1);
    expect(await stored()).toEqual([1, 1]);

    vi.setSystemTime(start + 91 * DAY);
    expect(await patternsOf("tester", entity)).toEqual([]);
    alarms.mockRestore();
    await runInDurableObject(chat.stub, (session: ChannelSession) => session.alarm());
    await vi.waitFor(async () => expect(await stored()).toEqual([0, 0]));
  });

  it("is new when it is told again, and takes others that are old with it", async () => {
    const [user, start] = [marker(), Date.now()];
    vi.useFakeTimers({ toFake: ["Date"], now: start });
    for (const fact of ["Likes tea", "Likes tea", "Likes milk"]) await say(user, call("remember", { fact }));
    vi.setSystemTime(start + 61 * DAY);
    await say(user, call("remember", { fact: "likes tea" }));
    const facts = await factsOf(user);
    expect(facts).toMatchObject([{ fact: "likes tea", occurrences: 1, confidence: 0.8 }]);
    expect(facts[0]?.createdAt).toBeGreaterThanOrEqual(start + 61 * DAY);
    const rows = env.DB.prepare("select key from facts where user = ?").bind(user);
    expect((await rows.all()).results).toEqual([{ key: "likes tea" }]);
  });

  it("is kept as long as it is told again in time", async () => {
    const [user, start] = [marker(), Date.now()];
    vi.useFakeTimers({ toFake: ["Date"], now: start });
    for (const day of [0, 50, 100]) {
      vi.setSystemTime(start + day * DAY);
      await say(user, call("remember", { fact: "Likes tea" }));
    }
    const facts = await factsOf(user);
    expect(facts).toMatchObject([{ occurrences: 3 }]);
    expect(facts[0]?.createdAt).toBeLessThan(start + DAY);
  });

  it("of a conversation is told neither to the model nor to the page, before the purge has come", async () => {
    const chat = new Chat();
    const [old, young, now, start] = [marker(), marker(), marker(), Date.now()];
    vi.useFakeTimers({ toFake: ["Date"], now: start });
    await chat.ask(old);
    vi.setSystemTime(start + 20 * DAY);
    await chat.ask(young);
    vi.setSystemTime(start + 31 * DAY);
    await chat.ask(now);
    const prompt = (await modelRequests(now)).map(({ body }) => JSON.stringify(body)).join();
    expect(prompt).toContain(young);
    expect(prompt).not.toContain(old);
    expect((await chat.turns()).map(({ text }) => text)).toEqual([young, now]);
  });
});

describe("a memory that is away", () => {
  it("costs what it knows, never the turn; the model is told so, and no log tells what was said", async () => {
    const logged = vi.spyOn(console, "warn");
    const user = marker();
    const entity = `repo:acme/${marker()}`;
    await say(user, call("remember", { fact: "Likes tea" }));
    await env.DB.exec("ALTER TABLE facts RENAME TO facts_away; ALTER TABLE patterns RENAME TO patterns_away");
    const turn = await say(
      user,
      [
        call("remember", { fact: "Likes milk" }),
        call("remember", { pattern: { entity, type: "t", data: {} } }),
        call("recall", {}),
        call("forget", { fact: "Likes tea" }),
      ].join(" "),
    ).finally(() =>
      env.DB.exec("ALTER TABLE facts_away RENAME TO facts; ALTER TABLE patterns_away RENAME TO patterns"),
    );
    expect(turn.state).toBe("done");
    const lines = logged.mock.calls.flat().join("\n");
    expect(lines.match(/"memory\.unavailable".*no such table/g)).toHaveLength(4);
    expect(lines).toContain('"facts.unavailable"');
    expect(lines).not.toMatch(/likes (tea|milk)/i);
    logged.mockRestore();
    const calls = turn.parts.flatMap((part) => (part.type === "tool" ? [part] : []));
    expect(calls.map(({ status }) => status)).toEqual(["error", "error", "error", "error"]);
    for (const { output } of calls) {
      expect(output).toContain("cannot be reached");
      expect(output).not.toMatch(/D1|SQL|table/);
    }
    expect((await factsOf(user)).map(({ fact }) => fact)).toEqual(["Likes tea"]);
    expect(await patternsOf("tester", entity)).toEqual([]);
  });
});

it("a door that fails logs why, and nothing of what was asked", async () => {
  const logged = vi.spyOn(console, "error").mockImplementation(() => {});
  const fact = `likes ${marker()}`;
  await env.DB.exec("ALTER TABLE facts RENAME TO away");
  const response = await deleteJson(factsPath("x"), { fact }).finally(() =>
    env.DB.exec("ALTER TABLE away RENAME TO facts"),
  );
  const lines = logged.mock.calls.flat().join();
  logged.mockRestore();
  expect(response.status).toBe(500);
  expect(lines).toContain("no such table");
  expect(lines).not.toContain(fact);
});

describe("the demo model", () => {
  it("remembers across conversations what it is told to, until it is told to forget it", async () => {
    const user = marker();
    const ask = (text: string) => say(user, text, new Chat("keyless"));
    expect(answerOf(await ask("Remember that I like tea."))).toContain(
      "Remembered about the user: I like tea",
    );
    expect(answerOf(await ask("what do you know about me?"))).toContain("- I like tea (told once");
    expect(answerOf(await ask("forget that I like TEA"))).toContain("Forgotten");
    expect(answerOf(await ask("what do you know about me?"))).toContain("Nothing is remembered yet.");
  });

  it("has nothing to remember with where the character turns it off", async () => {
    const user = marker();
    const turn = await say(user, "remember that I like tea", new Chat("amnesic"));
    expect(turn.state).toBe("done");
    expect(turn.parts.map(({ type }) => type)).toEqual(["text"]);
    expect(await factsOf(user, "amnesic")).toEqual([]);
  });
});

describe("the doors to what is remembered", () => {
  it("list a user's facts with how sure they are and since when, and forget one or all", async () => {
    const user = marker();
    const start = Date.now();
    expect((await postJson(factsPath(user), { fact: " Likes\ttea ", confidence: 0.4 })).status).toBe(201);
    await postJson(factsPath(user), { fact: "Lives in Ålesund" });
    await postJson(factsPath(user), { fact: "Likes milk" });
    const facts = await factsOf(user);
    expect(facts.find(({ fact }) => fact === "Likes tea")).toEqual({
      fact: "Likes tea",
      confidence: 0.4,
      occurrences: 1,
      createdAt: expect.any(Number),
      lastSeenAt: expect.any(Number),
    });
    for (const { createdAt } of facts) expect(createdAt).toBeGreaterThanOrEqual(start);
    expect((await deleteJson(factsPath(user), { fact: "lives in ålesund" })).status).toBe(204);
    expect((await deleteJson(factsPath(user), { fact: "lives in ålesund" })).status).toBe(404);
    expect(await (await deleteJson(factsPath(user), { all: true })).json()).toEqual({ forgotten: 2 });
    expect(await factsOf(user)).toEqual([]);
  });

  it("list an agent's patterns, and forget one or all", async () => {
    const entity = `repo:acme/${marker()}`;
    for (const type of ["one", "two"])
      await say("a", call("remember", { pattern: { entity, type, data: { type } } }));
    const path = "/agents/tester/patterns";
    expect(await patternsOf("tester", entity)).toHaveLength(2);
    expect((await deleteJson(path, { entity, type: "ONE" })).status).toBe(204);
    expect((await deleteJson(path, { entity, type: "one" })).status).toBe(404);
    expect((await patternsOf("tester", entity)).map(({ type }) => type)).toEqual(["two"]);
    await addPattern(
      drizzle(env.DB),
      "keyless",
      { entity, type: "t", data: {}, confidence: 1 },
      { now: Date.now(), since: 0 },
    );
    const { forgotten } = await (await deleteJson(path, { all: true })).json<{ forgotten: number }>();
    expect(forgotten).toBeGreaterThan(0);
    expect(await (await request(path)).json()).toEqual({ patterns: [] });
    expect(await patternsOf("keyless", entity)).toHaveLength(1);
  });

  it.each<[string, string, string, unknown, number, RegExp]>([
    ["a blank fact", "POST", factsPath("x"), { fact: " " }, 400, /^fact: expected some text/],
    ["a long fact", "POST", factsPath("x"), { fact: "x".repeat(501) }, 400, /^fact: .*500/],
    [
      "a wrong confidence",
      "POST",
      factsPath("x"),
      { fact: "x", confidence: 7 },
      400,
      /^confidence: .*0 to 1/,
    ],
    ["a long user", "POST", factsPath("x".repeat(101)), { fact: "x" }, 400, /^user: .*100/],
    ["neither one nor all", "DELETE", factsPath("x"), {}, 400, /"fact".*"all"/],
    ["not all", "DELETE", factsPath("x"), { all: false }, 400, /"fact".*"all"/],
    ["one and all", "DELETE", factsPath("x"), { fact: "x", all: true }, 400, /"fact".*"all"/],
    ["half a pattern", "DELETE", "/agents/tester/patterns", { entity: "x" }, 400, /"type".*"all"/],
    ["an unknown agent", "DELETE", "/agents/nobody/patterns", { all: true }, 404, /nobody/],
  ])("refuse %s and say why", async (_, method, path, body, status, reason) => {
    const response = await request(path, {
      method,
      body: JSON.stringify(body),
      headers: { "Content-Type": "application/json" },
    });
    expect(response.status).toBe(status);
    expect((await response.json<{ error: { message: string } }>()).error.message).toMatch(reason);
  });
});
