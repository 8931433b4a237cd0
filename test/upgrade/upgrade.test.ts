/**
 * Whoever runs an earlier version upgrades and is answered on: what a Worker of that version has left behind, in every state
 * that it can be found in, is opened by the code of this checkout, goes on, and ends as the fixture's manifest says.
 */
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { root } from "../support/bundled-worker.ts";
import { STORM, sizeOf } from "../support/storm.ts";
import { agents } from "./agents.ts";
import { Bridge } from "./doors.ts";
import { type ConversationEntry, expand, type Manifest } from "./fixture.ts";
import { type OpenedFixture, type Opening, openFixture } from "./opened.ts";
import { perform, readEnd, wakeAll } from "./play.ts";
import { bundleForUpgrade } from "./runtime.ts";
import { MINUTE_MS, yesterdayAtNine } from "./scenes/clock.ts";
import { WEBHOOK_ID } from "./secrets.ts";

const fixtures = join(root, "test/upgrade/fixtures");
const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
/** Longest wait for everything to end, in milliseconds: the machine may be busy. */
const PATIENCE = { timeout: 60_000, interval: 100 };

let bundle: string;
beforeAll(async () => {
  bundle = await mkdtemp(join(tmpdir(), "rig-upgrade-bundle-"));
  await bundleForUpgrade(bundle);
});
afterAll(() => rm(bundle, { recursive: true, force: true }));

/** White space is no part of what is said: how a text is cut into messages is nobody's promise. */
const words = (text: string) => expand(text).split(/\s+/).filter(Boolean).join(" ");

/** How a conversation has to end. */
function endOf({ name, holds, turns, shows, calls }: ConversationEntry) {
  const saying = <T extends { says: string }>(what: T) => ({ ...what, says: words(what.says) });
  return {
    ...{ name, holds },
    ...(turns && { turns: turns.map(saying) }),
    ...(shows && { shows: shows.map(saying) }),
    ...(calls && { calls }),
  };
}

/** Fails unless these conversations have ended as the manifest says. */
async function expectEnded(opened: OpenedFixture, entries = opened.manifest.conversations): Promise<void> {
  const ends = await Promise.all(entries.map((entry) => readEnd(entry, opened)));
  expect(ends).toEqual(entries.map(endOf));
}

/** What an agent has spent in this month. */
async function spentBy({ doors }: OpenedFixture, agent: string): Promise<{ usd: number; calls: number }> {
  const { month } = await doors.ask<{ month: { usd: number; calls: number } }>(`/agents/${agent}/spend`);
  return { usd: month.usd, calls: month.calls };
}

/** Waits until these conversations have ended so; each is read until it has. */
async function untilEnded(opened: OpenedFixture, entries = opened.manifest.conversations): Promise<void> {
  let left = entries;
  await vi.waitFor(async () => {
    const ends = await Promise.all(left.map((entry) => readEnd(entry, opened)));
    left = left.filter((entry, n) => !isDeepStrictEqual(ends[n], endOf(entry)));
    await expectEnded(opened, left);
  }, PATIENCE);
}

/** Whether people are asked about its calls. */
const isParked = ({ acts, calls }: ConversationEntry) => acts !== undefined && calls !== undefined;
const isErased = ({ holds }: ConversationEntry) => holds.endsWith("erased in a week");

const age = (name: string) =>
  (JSON.parse(readFileSync(join(fixtures, name, "manifest.json"), "utf8")) as Manifest).madeAt;
/** The newest first. */
const names = readdirSync(fixtures).toSorted((a, b) => age(b) - age(a));

// Those of older versions are opened with the storms: each takes ten seconds.
describe.each(names.slice(0, sizeOf({ small: 1, full: names.length })))(
  "what %s has left behind",
  STORM,
  (name) => {
    /** It is used a second after it was left. Alarms ring late, so that all is the doings of its doors. */
    let used: OpenedFixture;
    /** A minute later, when every watchdog has rung. */
    let uncalled: OpenedFixture;
    let later: OpenedFixture;
    const bridges = new Map<string, Bridge>();
    beforeAll(async () => {
      const open = (opening: Omit<Opening, "bundle">) =>
        openFixture(join(fixtures, name), { bundle, ...opening });
      const without = (entry: ConversationEntry) => !isParked(entry) && !isErased(entry);
      [used, uncalled, later] = await Promise.all([
        open({ afterMs: SECOND_MS, alarmsLateMs: 60 * MINUTE_MS }),
        open({ afterMs: MINUTE_MS }),
        open({ afterMs: 10 * DAY_MS, without }),
      ]);
    });
    afterAll(async () => {
      for (const opened of [used, uncalled, later]) await opened?.[Symbol.asyncDispose]();
    });

    describe("and is used", () => {
      it("is known to its doors: what was spent, chosen, noted, remembered, and the ticket that was used", async () => {
        const { manifest, doors } = used;
        for (const [agent, spent] of Object.entries(manifest.spent)) {
          expect({ agent, ...(await spentBy(used, agent)) }).toEqual({ agent, ...spent });
        }
        for (const [path, read] of Object.entries(manifest.reads))
          expect(await doors.ask(path)).toEqual(read);
        const login = new URL(`/login?ticket=${manifest.usedTicket}`, doors.url);
        expect((await fetch(login, { redirect: "manual" })).headers.get("location")).toBe(
          "/login?error=ticket",
        );
      });

      it("has its gateways' sessions go on where they were", async () => {
        for (const [agent, session] of Object.entries(used.manifest.discord.sessions)) {
          const bridge = new Bridge(used.doors, agent, session);
          expect(await bridge.lease()).toMatchObject({ sessionId: session.id, seq: session.seq });
          bridges.set(agent, bridge);
        }
      });

      it("is answered on: once, complete, in order, and what is pressed counts once", async () => {
        const { conversations } = used.manifest;
        await wakeAll(used, bridges);
        const played = conversations.map(async ({ name: conversation, acts = [] }) => {
          for (const act of acts) await perform(conversation, act, used);
        });
        await Promise.all(played);
        await untilEnded(used);
        for (const { name: conversation, after = [] } of conversations)
          for (const act of after) await perform(conversation, act, used);
        await expectEnded(used);
      });

      it("has its runs end, and posts again only the part that nobody knows of", async () => {
        const { manifest, doors, surroundings } = used;
        await vi.waitFor(async () => {
          const runs = manifest.cron.map(async ({ agent, job }) => {
            const answer = await doors.ask<{ runs: { id: string; state: string; output: string | null }[] }>(
              `/agents/${agent}/cron/${job}/runs`,
            );
            return { agent, job, runs: answer.runs.map(({ id, state, output }) => ({ id, state, output })) };
          });
          const ends = manifest.cron.map(({ runs: all, ...job }) => ({
            ...job,
            runs: all.map((run) => ({ ...run, output: run.output === null ? null : expand(run.output) })),
          }));
          expect(await Promise.all(runs)).toEqual(ends);
        }, PATIENCE);
        const posts = surroundings.discord.requests.filter(({ path }) => path.includes(WEBHOOK_ID));
        expect(posts.map(({ body }) => body)).toEqual([
          expect.objectContaining({ content: expect.stringMatching(/last words$/) }),
        ]);
      });

      it("has a delivery that comes again count once, and what is assigned next worked on", async () => {
        const { manifest, doors, surroundings } = used;
        const { model } = surroundings;
        expect(await doors.alert("hooked", "alert-1", "[[say an alert]]")).toBe(202);
        const [repo] = manifest.assignment.stream.split("#");
        const next = { type: "ISSUE_APPROVED", repo, issueNumber: 8, title: "[[say the next one]]" };
        await doors.ask("/api/events", { method: "POST", body: { ...next, priority: "normal" } });
        await vi.waitFor(async () => {
          await used.cron(yesterdayAtNine(manifest.madeAt) + 33 * MINUTE_MS);
          expect(model.requests("the next one").map(({ state }) => state)).toEqual(["finished"]);
        }, PATIENCE);
        expect(model.requests("an alert")).toHaveLength(1);
        expect(model.requests("an assigned one")).toHaveLength(1);
      });

      it("hears new messages, and answers a user in her thread", async () => {
        const { town } = used;
        const say = async (agent: string, text: string) => {
          const bridge = bridges.get(agent);
          if (!bridge) throw new Error(`${agent} has no gateway`);
          return town.say(bridge, town.channel(agent), text);
        };
        const thread = await say("porter", "[[say heard]]");
        await say("keeper", "[[say kept again]]");
        const contents = (channelId: string) => town.shown(channelId).map(({ content }) => content);
        await vi.waitFor(() => {
          expect(contents(thread)).toEqual(["heard"]);
          expect(contents(town.place.userThread)).toEqual(["kept", "kept again"]);
        }, PATIENCE);
      });

      it("has asked nothing of Discord that Discord does not allow", () => {
        expect(used.surroundings.discord.violations).toEqual([]);
      });
    });

    describe("and nobody calls", () => {
      it("goes on by its alarms alone", async () => {
        const entries = uncalled.manifest.conversations.filter(({ acts }) => !acts);
        // Reading a web chat wakes it.
        const unread = entries.filter(({ shows }) => shows);
        expect(unread.length).toBeGreaterThan(0);
        await untilEnded(uncalled, unread);
        await untilEnded(uncalled, entries);
      });

      it("has every model call counted once, those that died with the runtime too", async () => {
        const { manifest, surroundings } = uncalled;
        await vi.waitFor(async () => {
          let calls = 0;
          for (const agent of agents.ids) {
            const before = manifest.spent[agent] ?? { usd: 0, calls: 0 };
            const now = await spentBy(uncalled, agent);
            expect(now.usd).toBeGreaterThanOrEqual(before.usd);
            calls += now.calls - before.calls;
          }
          expect(calls).toBe(manifest.unheard + surroundings.model.requests().length);
        }, PATIENCE);
      });
    });

    describe("and is old", () => {
      it("has nobody asked any more about what nobody has decided on", async () => {
        const { manifest, town } = later;
        const parked = manifest.conversations.filter(isParked);
        const places = parked.flatMap(({ shows = [] }) => shows.map(({ channelId }) => channelId));
        expect(places.length).toBeGreaterThan(0);
        await vi.waitFor(() => {
          for (const place of places) {
            const shown = town.shown(place);
            expect(shown.map(({ content }) => content).join()).toContain("`post_payments`");
            expect(shown.flatMap(({ controls }) => controls)).toEqual([]);
          }
        }, PATIENCE);
        const marks = parked.flatMap(({ calls }) => calls?.mark ?? []);
        const made = later.surroundings.tools.requests().map(({ body }) => body);
        expect(marks.filter((mark) => made.some((body) => body.includes(mark)))).toEqual([]);
      });

      it("keeps nothing of a question that was answered", async () => {
        const answered = later.manifest.conversations.filter(isErased);
        expect(answered).toHaveLength(1);
        for (const { name: conversation } of answered)
          await vi.waitFor(
            () => expect(later.tablesOf("ChannelSession", conversation)).toEqual([]),
            PATIENCE,
          );
      });
    });
  },
);
