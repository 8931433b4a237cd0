import { abortAllDurableObjects } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ChannelSession } from "../../durable-objects/channel-session/channel-session.ts";
import { RemoteConductor } from "../../shared/conductor/client.ts";
import { modelRequests, ORIGIN, postJson, request } from "./support.ts";

beforeEach(async () => {
  const tables = ["events", "issues", "agents"];
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM conductor_${table}`)));
});

afterEach(() => {
  vi.restoreAllMocks();
});

const REPO = "acme/shop";
const hub = (agent: string) => env.AGENT_HUB.getByName(agent);
const session = (agent: string, number: number) =>
  env.CHANNEL_SESSION.getByName(`${agent}/assignment:${REPO}#${number}`);

async function tell(...events: object[]): Promise<void> {
  for (const event of events) {
    const response = await postJson("/api/events", { repo: REPO, ...event });
    expect(response.status).toBe(200);
  }
}

/** @param title what the model is told to do */
const approve = (issueNumber: number, title: string, priority = "normal") =>
  tell({ type: "ISSUE_APPROVED", issueNumber, title, priority });

interface Issue {
  issueNumber: number;
  state: string;
  agentId: string | null;
  failedAttempts: number;
}

async function issue(number: number): Promise<Issue> {
  const issues = await (await request("/api/issues")).json<Issue[]>();
  const found = issues.find(({ issueNumber }) => issueNumber === number);
  if (!found) throw new Error(`no issue ${number}`);
  return found;
}

/** Types of an issue's events, in order. */
async function story(number: number): Promise<string[]> {
  const response = await request(`/api/events/stream?id=${encodeURIComponent(`${REPO}#${number}`)}`);
  return (await response.json<{ type: string }[]>()).map(({ type }) => type);
}

const eventually = (assertion: () => unknown) => vi.waitFor(assertion, { timeout: 20_000, interval: 30 });

const isDone = (agent: string, number: number, attempt = "1") =>
  eventually(async () =>
    expect(await session(agent, number).turnOf(`assignment:${REPO}#${number}:${attempt}`)).toMatchObject({
      state: "done",
    }),
  );

describe("an agent's assignments", () => {
  it("are worked on one after another, the most urgent first, without waiting for the next tick", async () => {
    const agent = "assigned-steady";
    await approve(1, "[[say one]]");
    await approve(2, "[[say two]]", "critical");
    await approve(3, "[[say three]]");
    await Promise.all([hub(agent).tick(), hub(agent).tick()]);
    for (const number of [1, 2, 3]) await isDone(agent, number);
    await eventually(async () =>
      expect(await issue(3)).toMatchObject({ agentId: agent, state: "in_progress" }),
    );
    for (const number of [1, 2, 3])
      expect(await story(number)).toEqual(["IssueApproved", "IssueAssigned", "WorkStarted"]);
    const { results } = await env.DB.prepare(
      "SELECT stream FROM conductor_events WHERE type = 'WORK_STARTED' ORDER BY seq",
    ).all();
    expect(results.map(({ stream }) => stream)).toEqual([2, 1, 3].map((number) => `${REPO}#${number}`));
    const outcome = await session(agent, 2).turnOf(`assignment:${REPO}#2:1`);
    expect(outcome).toMatchObject({ answer: "two", text: expect.stringContaining("- priority: critical") });
  });

  it("leave the queue to others while one is worked on, and the heartbeat says which", async () => {
    const agent = "assigned-hanging";
    await approve(11, "[[hang]]");
    await approve(12, "[[say next]]");
    await hub(agent).tick();
    await hub(agent).tick();
    await eventually(async () => expect((await story(11)).at(-1)).toBe("WorkStarted"));
    expect(await issue(12)).toMatchObject({ state: "queued" });
    await eventually(async () => {
      const agents = await (await request("/api/agents")).json<Record<string, unknown>[]>();
      expect(agents.find(({ agentId }) => agentId === agent)).toMatchObject({
        ...{ status: "working", currentIssue: 11, currentRepo: REPO },
      });
    });
    await session(agent, 11).stop();
    await isDone(agent, 12);
    expect(await issue(11)).toMatchObject({ state: "failed", failedAttempts: 0 });
  });

  it("count a failed turn as a failed attempt at once, and the second brings a human", async () => {
    const agent = "assigned-failing";
    await approve(21, "marker-21 [[status 400]]");
    await hub(agent).tick();
    await eventually(async () =>
      expect(await issue(21)).toMatchObject({ state: "failed", failedAttempts: 2 }),
    );
    expect(
      (await story(21)).filter((type) => ["WorkStarted", "AgentStuck", "Escalated"].includes(type)),
    ).toEqual(["WorkStarted", "AgentStuck", "WorkStarted", "AgentStuck", "Escalated"]);
    const { text } = (await session(agent, 21).turnOf(`assignment:${REPO}#21:2`)) ?? {};
    expect(text).toContain("attempt: 2");
  });

  it("are worked on once, whatever dies between the claim and the end", async () => {
    const agent = "assigned-reviving";
    await approve(31, "marker-31 [[slow 20]] [[chunks 20]] [[say survived]]");
    const broken = vi.spyOn(ChannelSession.prototype, "accept").mockImplementationOnce(() => {
      throw new Error("session away");
    });
    await hub(agent).tick();
    expect(broken).toHaveBeenCalledTimes(1);
    await abortAllDurableObjects();
    await Promise.all([hub(agent).tick(), hub(agent).tick()]);
    await eventually(async () => expect(await modelRequests("marker-31")).not.toEqual([]));
    await abortAllDurableObjects();
    await hub(agent).tick();
    await eventually(() =>
      hub(agent)
        .tick()
        .then(() => isDone(agent, 31)),
    );
    expect(await session(agent, 31).history()).toHaveLength(1);
    expect(await story(31)).toEqual(["IssueApproved", "IssueAssigned", "WorkStarted"]);
  });

  it("are worked on again when the same attempt is given anew", async () => {
    const agent = "assigned-returning";
    await approve(41, "[[say done]]");
    await hub(agent).tick();
    await isDone(agent, 41);
    await tell({ type: "ISSUE_UNASSIGNED", issueNumber: 41 });
    await hub(agent).tick();
    await isDone(agent, 41, "1:2");
    expect(await session(agent, 41).history()).toHaveLength(2);
  });
});

describe("a conductor over HTTP", () => {
  const conductor = new RemoteConductor({
    baseUrl: ORIGIN,
    token: "test-admin-token",
    fetch: (url, init) => exports.default.fetch(new Request(url, init)),
  });

  it("gives what this Worker's own would, and takes and refuses the same events", async () => {
    expect(await conductor.nextAssignment("dev-e")).toBeNull();
    await approve(51, "A title", "high");
    expect(await conductor.nextAssignment("dev-e")).toEqual({
      ...{ streamId: `${REPO}#51`, repo: REPO, issueNumber: 51, title: "A title" },
      ...{ milestone: null, priority: "high", attempt: 1 },
    });
    const started = { type: "WORK_STARTED", repo: REPO, issueNumber: 51 };
    expect(await conductor.post({ ...started, agentId: "review-e" })).toMatchObject({ outcome: "refused" });
    const own = { ...started, agentId: "dev-e", eventId: "started-51" };
    expect(await conductor.isInProgress({ repo: REPO, issueNumber: 51 }, "dev-e")).toBe(false);
    expect(await conductor.post(own)).toEqual({ outcome: "stored" });
    expect(await conductor.post(own)).toEqual({ outcome: "stored" });
    expect(await conductor.isInProgress({ repo: REPO, issueNumber: 51 }, "dev-e")).toBe(true);
    expect(await conductor.isInProgress({ repo: REPO, issueNumber: 51 }, "review-e")).toBe(false);
    expect(await story(51)).toEqual(["IssueApproved", "IssueAssigned", "WorkStarted"]);
  });

  it("says what was answered when that is no answer", async () => {
    const stranger = new RemoteConductor({
      ...{ baseUrl: `${ORIGIN}/`, token: "wrong" },
      fetch: (url, init) => exports.default.fetch(new Request(url, init)),
    });
    await expect(stranger.nextAssignment("dev-e")).rejects.toThrow(
      "GET /api/assignments/next was answered 401",
    );
  });
});
