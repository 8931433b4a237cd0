import { abortAllDurableObjects } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SettingStore } from "../../durable-objects/agent-hub/setting-store.ts";
import { ChannelSession } from "../../durable-objects/channel-session/channel-session.ts";
import { modelRequests } from "../workers/support.ts";
import { redis } from "./redis.ts";

const STREAM = "assignments:dev-e";
const REPO = "acme/shop";
const HOUR = 3_600_000;

const hub = (agent: string) => env.AGENT_HUB.getByName(agent);
const session = (agent: string, number: number) =>
  env.CHANNEL_SESSION.getByName(`${agent}/assignment:${REPO}#${number}`);

/** Adds an entry as the original's conductor does. @returns its id. */
async function assign(
  issueNumber: number,
  title: string,
  fields: Record<string, string> = {},
): Promise<string> {
  const pairs = Object.entries({ repo: REPO, issueNumber: String(issueNumber), title, ...fields }).flat();
  return String(await redis("XADD", STREAM, "*", ...pairs));
}

/** Entries that are claimed and not acknowledged: whose they are, and for how long they have lain idle. */
async function pending(): Promise<{ id: string; consumer: string; idleMs: number }[]> {
  const rows = (await redis("XPENDING", STREAM, "agents", "-", "+", 100)) as [string, string, number][];
  return rows.map(([id, consumer, idleMs]) => ({ id, consumer, idleMs }));
}

/** The original's consumer, which has the agent's name, claims the next entry. */
const claimElsewhere = (consumer = "dev-e") =>
  redis("XREADGROUP", "GROUP", "agents", consumer, "COUNT", 1, "STREAMS", STREAM, ">");

/** As if nobody had heard of the entry's consumer for as long. */
const letLieIdle = (id: string, consumer: string, idleMs: number) =>
  redis("XCLAIM", STREAM, "agents", consumer, 0, id, "IDLE", idleMs, "JUSTID");

const eventually = (assertion: () => unknown) => vi.waitFor(assertion, { timeout: 20_000, interval: 30 });

/** Waits until everything is acknowledged. */
const settled = () => eventually(async () => expect(await pending()).toEqual([]));

beforeEach(async () => {
  await abortAllDurableObjects();
  await redis("FLUSHALL");
  await redis("XGROUP", "CREATE", STREAM, "agents", "0", "MKSTREAM");
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe("an entry of the stream", () => {
  it("is worked on with all it says, and acknowledged when that is over", async () => {
    const marker = crypto.randomUUID();
    const fields = { body: `${marker} [[hang]]`, testCommand: "npm test", channel: "1088510058284990888" };
    const id = await assign(1, "A bug", fields);
    await redis("LPUSH", "signal:dev-e", "wake");
    await hub("one").tick();
    await eventually(async () => expect(await modelRequests(marker)).not.toEqual([]));
    const [turn] = await session("one", 1).history();
    expect(turn?.text).toContain("You have been assigned acme/shop#1: A bug");
    expect(turn?.text).toContain("- testCommand: npm test\n- channel: 1088510058284990888");
    expect(await pending()).toMatchObject([{ id, consumer: "rig-edge:one" }]);
    expect(await redis("EXISTS", "signal:dev-e")).toBe(0);
    await session("one", 1).stop();
    await settled();
  });

  it("waits for the one before it, which stays claimed as long as the work goes on", async () => {
    const first = await assign(2, "[[hang]]");
    await assign(3, "[[say second]]");
    await hub("one").tick();
    await eventually(async () => expect(await session("one", 2).history()).toHaveLength(1));
    await letLieIdle(first, "rig-edge:one", HOUR);
    await hub("one").tick();
    const [claimed, ...others] = await pending();
    expect(others).toEqual([]);
    expect(claimed).toMatchObject({ id: first, consumer: "rig-edge:one" });
    expect(claimed?.idleMs).toBeLessThan(HOUR);
    await hub("two").tick();
    expect(await session("two", 3).history()).toHaveLength(1);
    await session("one", 2).stop();
    await settled();
    expect(await session("one", 3).history()).toEqual([]);
  });

  it("whose consumer was killed after the claim is worked on once by another", async () => {
    const marker = crypto.randomUUID();
    const id = await assign(4, `${marker} [[say done]]`);
    await claimElsewhere();
    await Promise.all([hub("one").tick(), hub("two").tick()]);
    expect(await pending()).toMatchObject([{ id, consumer: "dev-e" }]);
    await letLieIdle(id, "dev-e", HOUR);
    await Promise.all([hub("one").tick(), hub("two").tick()]);
    await settled();
    await Promise.all([hub("one").tick(), hub("two").tick()]);
    const turns = [...(await session("one", 4).history()), ...(await session("two", 4).history())];
    expect(turns.map(({ state }) => state)).toEqual(["done"]);
    expect(await modelRequests(marker)).toHaveLength(1);
  });

  it.each([
    { when: "before it was stored", numbers: [5, 6] as const },
    { when: "before its session had it", numbers: [15, 16] as const },
  ])("that we lost $when comes first", async ({ when, numbers: [first, second] }) => {
    const marker = crypto.randomUUID();
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const dies = () => {
      throw new Error("killed");
    };
    if (when === "before it was stored") vi.spyOn(SettingStore.prototype, "set").mockImplementationOnce(dies);
    else vi.spyOn(ChannelSession.prototype, "accept").mockImplementationOnce(dies);
    const id = await assign(first, `${marker} [[say done]]`);
    await hub("one").tick();
    expect(await pending()).toMatchObject([{ id, consumer: "rig-edge:one" }]);
    expect(await modelRequests(marker)).toEqual([]);
    await abortAllDurableObjects();
    await assign(second, "[[say later]]");
    await hub("one").tick();
    const isDone = [{ state: "done" }];
    await eventually(async () => expect(await session("one", second).history()).toMatchObject(isDone));
    expect(await session("one", first).history()).toMatchObject(isDone);
    expect(await modelRequests(marker)).toHaveLength(1);
    await settled();
  });

  it("that was deleted while it was claimed holds nobody up", async () => {
    const gone = await assign(7, "gone");
    await claimElsewhere("rig-edge:one");
    await redis("XDEL", STREAM, gone);
    await assign(8, "[[say here]]");
    await hub("one").tick();
    await settled();
    await eventually(async () =>
      expect(await session("one", 8).history()).toMatchObject([{ state: "done" }]),
    );
  });

  it("is found although the stream was deleted and made anew", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    await hub("one").tick();
    await redis("DEL", STREAM);
    await assign(9, "[[say anew]]");
    await hub("one").tick();
    await hub("one").tick();
    await eventually(async () =>
      expect(await session("one", 9).history()).toMatchObject([{ state: "done" }]),
    );
    await settled();
  });

  it("that names no issue has a conversation of its own", async () => {
    const id = String(await redis("XADD", STREAM, "*", "task", "[[say odd]]"));
    await hub("one").tick();
    await settled();
    const turns = await env.CHANNEL_SESSION.getByName(`one/assignment:entry-${id}`).history();
    expect(turns).toMatchObject([{ state: "done", text: expect.stringContaining("- task: [[say odd]]") }]);
  });
});
