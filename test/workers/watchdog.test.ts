import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AgentHub } from "../../durable-objects/agent-hub/agent-hub.ts";
import { SessionStore } from "../../durable-objects/channel-session/engine/store.ts";
import { answerOf, Chat, modelRequests } from "./support.ts";

const SECOND = 1_000;
const marker = () => `marker-${crypto.randomUUID().slice(0, 8)}`;
const eventually = (assertion: () => unknown) => vi.waitFor(assertion, { timeout: 20_000, interval: 20 });

/** No alarm rings by itself: it stands where the machine's clock does not get. This one stands still while nobody turns it. */
let clock = Date.UTC(2060, 1, 1);

beforeEach(() => {
  vi.spyOn(Date, "now").mockImplementation(() => clock);
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** Milliseconds from now to the session's alarm. It is no event for the session to be asked so. */
async function alarmIn(chat: Chat): Promise<number> {
  const at = await runInDurableObject(chat.stub, (_, { storage }) => storage.getAlarm());
  return at === null ? Number.POSITIVE_INFINITY : at - Date.now();
}

/** Lets the clock come to the session's alarm, which rings. @returns the seconds until then. */
async function ring(chat: Chat): Promise<number> {
  const ms = await alarmIn(chat);
  clock += ms;
  expect(await runDurableObjectAlarm(chat.stub)).toBe(true);
  return ms / SECOND;
}

function isWatched(chat: Chat): Promise<boolean> {
  return runInDurableObject(
    chat.stub,
    (_, { storage: { sql } }) => sql.exec("SELECT 1 FROM jobs WHERE kind = 'watchdog'").toArray().length > 0,
  );
}

/** Counts the rows of the job table that are written from here on. */
async function countJobWrites(chat: Chat): Promise<() => Promise<number>> {
  await runInDurableObject(chat.stub, (_, { storage: { sql } }) => {
    sql.exec("CREATE TABLE job_writes (n)");
    for (const write of ["INSERT", "UPDATE", "DELETE"])
      sql.exec(
        `CREATE TRIGGER count_${write} AFTER ${write} ON jobs BEGIN INSERT INTO job_writes VALUES (1); END`,
      );
  });
  return () =>
    runInDurableObject(chat.stub, (_, { storage: { sql } }) =>
      Number(sql.exec("SELECT count(*) AS n FROM job_writes").one().n),
    );
}

/** A turn whose model says nothing. */
async function hanging(chat: Chat): Promise<string> {
  const word = marker();
  await chat.send(`${word} [[hang]]`);
  await eventually(async () => expect(await modelRequests(word)).toHaveLength(1));
  return word;
}

describe("an open turn", () => {
  it("is taken up within three seconds of its instance's death, though nobody calls", async () => {
    const chat = new Chat();
    const word = await hanging(chat);
    await abortAllDurableObjects();
    expect(await ring(chat)).toBeLessThanOrEqual(3);
    await eventually(async () => expect(await modelRequests(word)).toHaveLength(2));
    await chat.stop();
  });

  it("has its alarm at most three seconds ahead as long as it takes, for one written row each time", async () => {
    const chat = new Chat();
    const word = await hanging(chat);
    const jobWrites = await countJobWrites(chat);
    for (let n = 0; n < 20; n++) expect(await ring(chat)).toBeLessThanOrEqual(3);
    expect(await jobWrites(), "the alarm alone is set").toBe(0);
    expect(await modelRequests(word), "nobody else takes it from an instance that lives").toHaveLength(1);
    await abortAllDurableObjects();
    expect(await ring(chat)).toBeLessThanOrEqual(3);
    await eventually(async () => expect(await modelRequests(word)).toHaveLength(2));
    await chat.stop();
  });

  it("has it so although the watchdog was to take its time with something else", async () => {
    const settle = vi.spyOn(AgentHub.prototype, "settle").mockRejectedValue(new Error("the hub is away"));
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const chat = new Chat();
    await chat.ask("[[say one]]");
    for (let n = 0; n < 5; n++) await ring(chat);
    expect(await alarmIn(chat)).toBeGreaterThan(3 * SECOND);
    await hanging(chat);
    expect(await alarmIn(chat)).toBeLessThanOrEqual(3 * SECOND);
    settle.mockRestore();
    await chat.stop();
  });

  it("has it so when it goes on after a death that came in a long pause", async () => {
    const broken = vi.spyOn(SessionStore.prototype, "setModel").mockImplementation(() => {
      throw new Error("the disk is away");
    });
    const logged = vi.spyOn(console, "error").mockImplementation(() => {});
    const chat = new Chat();
    const word = marker();
    await chat.send(`${word} [[hang]]`);
    for (let tries = 1; tries <= 4; tries++) {
      await eventually(() =>
        expect(logged.mock.calls.flat().join().split("turn.broke")).toHaveLength(tries + 1),
      );
      if (tries < 4) await ring(chat);
    }
    expect(await alarmIn(chat)).toBeGreaterThan(3 * SECOND);
    broken.mockRestore();
    await abortAllDurableObjects();
    await chat.turns();
    await eventually(async () => expect(await modelRequests(word)).toHaveLength(1));
    expect(await alarmIn(chat)).toBeLessThanOrEqual(3 * SECOND);
    await chat.stop();
  });
});

describe("a turn that breaks", () => {
  it("is tried again with growing pauses, across deaths too, and answered when it can be", async () => {
    const logged = vi.spyOn(console, "error").mockImplementation(() => {});
    const broken = vi.spyOn(SessionStore.prototype, "setModel").mockImplementation(() => {
      throw new Error("the disk is away");
    });
    const chat = new Chat();
    await chat.send("[[say at last]]");
    const pauses: number[] = [];
    for (let tries = 1; tries <= 7; tries++) {
      await eventually(() => expect(broken).toHaveBeenCalledTimes(tries));
      await eventually(() =>
        expect(logged.mock.calls.flat().join().split("turn.broke")).toHaveLength(tries + 1),
      );
      if (tries === 3 || tries === 6) await abortAllDurableObjects();
      if (tries === 7) broken.mockRestore();
      pauses.push(await ring(chat));
    }
    expect(pauses).toEqual([3, 6, 12, 24, 30, 30, 30]);
    const [turn] = await chat.settled();
    expect(turn && answerOf(turn)).toBe("at last");
  });
});

describe("what is left to do when no turn is open", () => {
  it("is tried again with growing pauses, and then nothing rings any more", async () => {
    const settle = vi.spyOn(AgentHub.prototype, "settle").mockRejectedValue(new Error("the hub is away"));
    const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
    const failures = () => warned.mock.calls.flat().join().split("usage.not_reported").length - 1;
    const chat = new Chat();
    await chat.ask("[[say told later]]");
    const pauses: number[] = [];
    for (let n = 0; n < 7; n++) {
      await eventually(() => expect(failures()).toBe(n + 1));
      pauses.push(await ring(chat));
    }
    expect(pauses).toEqual([2, 3, 3, 6, 12, 24, 30]);
    settle.mockRestore();
    await eventually(async () => {
      await ring(chat);
      expect(await isWatched(chat)).toBe(false);
    });
  });

  it("costs an answer of less than three seconds three written rows and one ring", async () => {
    const told = vi.spyOn(AgentHub.prototype, "settle");
    const chat = new Chat();
    await chat.ask("[[say first]]");
    await eventually(async () => {
      await ring(chat);
      expect(await isWatched(chat)).toBe(false);
    });
    told.mockClear();
    const jobWrites = await countJobWrites(chat);
    await chat.ask("[[say short]]");
    expect(await jobWrites(), "it is planned").toBe(1);
    await eventually(() => expect(told).toHaveBeenCalledTimes(1));
    await eventually(async () => expect(await reportsOf(chat)).toBe(0));
    expect(await ring(chat)).toBeLessThanOrEqual(3);
    expect(await isWatched(chat)).toBe(false);
    expect(await jobWrites(), "and taken back").toBe(2);
  });
});

/** Calls that the hub has not confirmed. */
function reportsOf(chat: Chat): Promise<number> {
  return runInDurableObject(chat.stub, (_, { storage: { sql } }) =>
    Number(sql.exec("SELECT count(*) AS n FROM reports").one().n),
  );
}
