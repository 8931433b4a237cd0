import { env } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/d1";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { rebuildProjections } from "../../d1/conductor/rebuild.ts";
import { conductorTick } from "../../workers/conductor-tick.ts";
import { invalidRigEvent, rigEvent } from "../support/rig-events.ts";
import { STORM, sizeOf } from "../support/storm.ts";
import { anonymous, postJson, request } from "./support.ts";

const MINUTE = 60_000;

beforeEach(async () => {
  const tables = ["events", "issues", "agents", "logs", "learnings"];
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM conductor_${table}`)));
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const submit = (body: unknown) => postJson("/api/events", body);
const about = (type: string, issueNumber: number, fields: object = {}) => ({
  type,
  repo: "acme/shop",
  issueNumber,
  ...fields,
});

/** Submits events that must all be taken. */
async function tell(...bodies: object[]): Promise<void> {
  for (const body of bodies) {
    const response = await submit(body);
    expect([response.status, response.status === 200 || (await response.text())]).toEqual([200, true]);
  }
}

async function read<T = Record<string, unknown>[]>(path: string): Promise<T> {
  const response = await request(path);
  expect(response.status).toBe(200);
  return response.json<T>();
}

const next = (agentId: string, query = "") => request(`/api/assignments/next?agentId=${agentId}${query}`);

/** Everything that can be made anew. */
async function projections() {
  const [issues, agents] = await env.DB.batch([
    env.DB.prepare("SELECT * FROM conductor_issues ORDER BY stream"),
    env.DB.prepare("SELECT * FROM conductor_agents ORDER BY stream"),
  ]);
  return { issues: issues?.results ?? [], agents: agents?.results ?? [] };
}

/** Everything but the notes. */
async function everything() {
  return { events: await logged(), ...(await projections()) };
}

/** Fails when the log does not tell what the tables show. */
async function expectRebuildToAgree(): Promise<void> {
  const before = await projections();
  expect((await postJson("/api/conductor/rebuild", {})).status).toBe(200);
  expect(await projections()).toEqual(before);
}

async function logged(): Promise<{ stream: string; version: number; type: string; data: string }[]> {
  const { results } = await env.DB.prepare(
    "SELECT stream, version, type, data FROM conductor_events ORDER BY seq",
  ).all<{
    stream: string;
    version: number;
    type: string;
    data: string;
  }>();
  return results;
}

describe("the reference's calls", () => {
  it("are answered as the reference answers them", async () => {
    const stored = await submit({
      type: "ISSUE_APPROVED",
      repo: "Stig-Johnny/star-rewards",
      issueNumber: 547,
      title: "feat: Add Firestore rules CI check",
      priority: "normal",
      dependsOn: [],
    });
    expect(stored.status).toBe(200);
    expect(await stored.json()).toEqual({
      streamId: "Stig-Johnny/star-rewards#547",
      type: "ISSUE_APPROVED",
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });

    const refused = await submit({ type: "INVALID" });
    expect([refused.status, await refused.json()]).toEqual([400, { error: "Unknown event type: INVALID" }]);

    const assignment = await next("dev-e-1");
    expect(assignment.status).toBe(200);
    expect(await assignment.json()).toEqual({
      streamId: "Stig-Johnny/star-rewards#547",
      issue: {
        number: 547,
        repo: "Stig-Johnny/star-rewards",
        title: "feat: Add Firestore rules CI check",
        milestone: null,
      },
      priority: "normal",
      attempt: 1,
    });
    const nothing = await next("dev-e-2");
    expect([nothing.status, await nothing.text()]).toEqual([204, ""]);

    expect(await read("/api/events/stream?id=Stig-Johnny/star-rewards%23547")).toMatchObject([
      {
        id: expect.any(String),
        type: "IssueApproved",
        data: { issueNumber: 547 },
        timestamp: expect.any(String),
      },
      { type: "IssueAssigned", data: { agentId: "dev-e-1", attempt: 1 }, version: 2 },
    ]);
    expect(await read("/api/events/stream?id=nobody")).toEqual([]);
  });

  it("show agents as their heartbeats tell, and offline after three missed ones", async () => {
    const heartbeat = {
      type: "HEARTBEAT",
      agentId: "dev-e-1",
      status: "working",
      currentIssue: 547,
      currentRepo: "acme/shop",
      activeProvider: "anthropic",
      availableProviders: ["anthropic", "openai-api"],
      providers: [{ name: "anthropic", status: "ok", details: null, active: true }],
      integrations: [{ name: "discord", status: "connected", details: "gateway" }],
    };
    await tell(heartbeat, { type: "HEARTBEAT", agentId: "review-e", intervalSeconds: 3600 });
    const { type, ...said } = heartbeat;
    const [dev] = await read("/api/agents");
    expect(dev).toMatchObject({ ...said, lastHeartbeat: expect.any(String) });
    vi.useFakeTimers({ now: Date.now() + 3 * MINUTE + 1000, toFake: ["Date"] });
    const later = await read<{ agentId: string; status: string }[]>("/api/agents");
    expect(later.map(({ agentId, status }) => [agentId, status])).toEqual([
      ["dev-e-1", "offline"],
      ["review-e", "online"],
    ]);
  });

  it("list issues by state, and the queue in its order with what holds an issue back", async () => {
    await tell(
      about("ISSUE_APPROVED", 1, { title: "old" }),
      about("ISSUE_APPROVED", 2, { title: "urgent", priority: "critical", dependsOn: [1] }),
      about("ISSUE_APPROVED", 3, { title: "soon", priority: "high", milestone: "v1" }),
      about("ISSUE_APPROVED", 4, { title: "young" }),
      about("WORK_STARTED", 4, { agentId: "dev-e-1" }),
    );
    const queue = await read<{ issueNumber: number; blockedBy: string[] }[]>("/api/queue");
    expect(queue.map(({ issueNumber, blockedBy }) => [issueNumber, blockedBy])).toEqual([
      [2, ["acme/shop#1"]],
      [3, []],
      [1, []],
    ]);
    expect(await read("/api/issues?state=in_progress")).toMatchObject([
      { streamId: "acme/shop#4", title: "young", agentId: "dev-e-1", state: "in_progress", attempt: 1 },
    ]);
    expect(await read("/api/issues")).toHaveLength(4);
    const unknown = await request("/api/issues?state=lost");
    expect(unknown.status).toBe(400);
    expect((await unknown.json<{ error: string }>()).error).toMatch(
      /^Invalid field: state: expected one of queued,/,
    );
  });
});

describe("an event", () => {
  it("is stored once, however often and however simultaneously it is sent", async () => {
    const approval = about("ISSUE_APPROVED", 1, { title: "T", eventId: "approve-1" });
    const answers = await Promise.all(Array.from({ length: 10 }, () => submit(approval)));
    const bodies = await Promise.all(answers.map((answer) => answer.json()));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(await logged()).toHaveLength(1);
    const other = await submit(about("MERGED", 1, { eventId: "approve-1" }));
    expect([other.status, await other.json()]).toEqual([409, { error: "Another event has this eventId" }]);
  });

  it("is stored once under its Idempotency-Key", async () => {
    const headers = { "Content-Type": "application/json", "Idempotency-Key": "turn-1" };
    const body = JSON.stringify(about("CI_PASSED", 1));
    for (const _ of [1, 2]) {
      expect((await request("/api/events", { method: "POST", headers, body })).status).toBe(200);
    }
    expect(await logged()).toHaveLength(1);
  });

  it("is refused when the stream has gone on, and by one of two who saw the same", async () => {
    await tell(about("ISSUE_APPROVED", 1, { title: "T", expectedVersion: 0 }));
    const stale = await submit(about("CI_PASSED", 1, { expectedVersion: 0 }));
    expect([stale.status, await stale.json()]).toEqual([
      409,
      { error: "Version conflict: expected 0, found 1" },
    ]);
    const both = await Promise.all([1, 2].map(() => submit(about("CI_PASSED", 1, { expectedVersion: 1 }))));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it("of many at once gets a place of its own in the stream", async () => {
    await Promise.all(Array.from({ length: 12 }, () => tell(about("CI_PASSED", 1))));
    expect((await logged()).map(({ version }) => version).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 1),
    );
  });

  it("cannot take an issue that is another's or that waits", async () => {
    await tell(
      about("ISSUE_APPROVED", 1, { title: "T" }),
      about("ISSUE_APPROVED", 2, { title: "T", dependsOn: [1] }),
      about("WORK_STARTED", 1, { agentId: "dev-e-1" }),
    );
    const taken = await submit(about("WORK_STARTED", 1, { agentId: "dev-e-2" }));
    expect([taken.status, await taken.json()]).toEqual([
      409,
      { error: "Issue acme/shop#1 is assigned to dev-e-1" },
    ]);
    const waiting = await submit(about("ISSUE_ASSIGNED", 2, { agentId: "dev-e-2" }));
    expect([waiting.status, await waiting.json()]).toEqual([
      409,
      { error: "Issue acme/shop#2 waits for acme/shop#1" },
    ]);
    await tell(about("ISSUE_DONE", 1), about("ISSUE_ASSIGNED", 2, { agentId: "dev-e-2" }));
  });

  it("that ends the second attempt brings the escalation with it", async () => {
    const started = about("WORK_STARTED", 1, { agentId: "dev-e-1" });
    const stuck = about("AGENT_STUCK", 1, { agentId: "dev-e-1", reason: "lost" });
    await tell(about("ISSUE_APPROVED", 1, { title: "T" }), started, stuck, started);
    await tell({ ...stuck, eventId: "second" }, { ...stuck, eventId: "second" });
    const types = (await logged()).map(({ type }) => type);
    expect(types).toEqual([
      "ISSUE_APPROVED",
      "WORK_STARTED",
      "AGENT_STUCK",
      "WORK_STARTED",
      "AGENT_STUCK",
      "ESCALATED",
    ]);
    expect(await read("/api/issues")).toMatchObject([
      { state: "failed", version: 6, reason: "2 failed attempts: lost" },
    ]);
    expect((await next("dev-e-1")).status).toBe(204);
  });

  it.each<[string, RequestInit, number, RegExp]>([
    ["without a type", { body: "{}" }, 400, /^Missing required field: type$/],
    ["that is no JSON", { body: "{" }, 400, /not valid JSON/],
    ["that is no object", { body: "[]" }, 400, /JSON object/],
    [
      "of another type of content",
      { body: "{}", headers: { "Content-Type": "text/plain" } },
      415,
      /application\/json/,
    ],
    [
      "that is too large",
      { body: JSON.stringify(about("CI_FAILED", 1, { logs: "x".repeat(140_000) })) },
      413,
      /at most 131072/,
    ],
  ])("%s is refused", async (_, init, status, message) => {
    const headers = { "Content-Type": "application/json" };
    const response = await request("/api/events", { method: "POST", headers, ...init });
    expect(response.status).toBe(status);
    expect((await response.json<{ error: string }>()).error).toMatch(message);
    expect(await logged()).toEqual([]);
  });
});

describe("the next assignment", () => {
  it("is the same until its agent begins, and only asked for with claim=false", async () => {
    await tell(about("ISSUE_APPROVED", 1, { title: "A" }), about("ISSUE_APPROVED", 2, { title: "B" }));
    const numberOf = async (response: Response) =>
      (await response.json<{ issue: { number: number } }>()).issue.number;
    expect(await numberOf(await next("dev-e-1", "&claim=false"))).toBe(1);
    expect(await logged()).toHaveLength(2);
    expect(await numberOf(await next("dev-e-1"))).toBe(1);
    expect(await numberOf(await next("dev-e-1"))).toBe(1);
    expect(await numberOf(await next("dev-e-2", "&claim=false"))).toBe(2);
    await expectRebuildToAgree();
    await tell(about("WORK_STARTED", 1, { agentId: "dev-e-1" }));
    expect(await numberOf(await next("dev-e-1"))).toBe(2);
  });

  it.each([
    ["", "Missing required field: agentId"],
    ["?agentId=a%23b", /^Invalid field: agentId: expected an agent's id/],
    ["?agentId=a&claim=yes", "Invalid field: claim: expected true or false"],
    ["?agentId=a&agentId=b", "Invalid field: agentId: expected it once"],
  ])("asked for with %j is refused", async (query, message) => {
    const response = await request(`/api/assignments/next${query}`);
    const expected = typeof message === "string" ? message : expect.stringMatching(message);
    expect([response.status, await response.json()]).toEqual([400, { error: expected }]);
  });

  const [agents, issues] = [sizeOf({ full: 50, small: 20 }), sizeOf({ full: 200, small: 60 })];
  const race = `${agents} agents that race for ${issues} issues`;
  it(`goes to one of ${race}, each when it is the most urgent that may be done`, {
    ...STORM,
    timeout: 120_000,
  }, async () => {
    const priorities = ["critical", "high", "normal"];
    const approvals = Array.from({ length: issues }, (_, index) => {
      const issueNumber = index + 1;
      // Every third waits for two earlier ones, some of them less urgent than itself.
      const dependsOn = index > 5 && index % 3 === 0 ? [issueNumber - 1, Math.ceil(issueNumber / 2)] : [];
      const priority = priorities[(index * 7) % 3];
      return about("ISSUE_APPROVED", issueNumber, { title: `Issue ${issueNumber}`, priority, dependsOn });
    });
    await tell(...approvals);
    const got: string[] = [];
    let done = 0;
    let progress = Promise.withResolvers<void>();
    const work = async (agentId: string) => {
      while (done < approvals.length) {
        const response = await next(agentId);
        expect([200, 204]).toContain(response.status);
        if (response.status === 204) {
          if (done < approvals.length) await progress.promise;
          continue;
        }
        const { streamId, issue } = await response.json<{ streamId: string; issue: { number: number } }>();
        got.push(streamId);
        await tell(
          about("WORK_STARTED", issue.number, { agentId }),
          about("ISSUE_DONE", issue.number, { agentId }),
        );
        done += 1;
        progress.resolve();
        progress = Promise.withResolvers<void>();
      }
    };
    await Promise.all(Array.from({ length: agents }, (_, index) => work(`dev-e-${index}`)));
    expect(got).toHaveLength(issues);
    expect(new Set(got).size).toBe(issues);

    // The log says in which order everything happened: at each assignment, none that stood before it was free.
    const queue = new Map<string, { place: [number, number]; dependsOn: string[] }>();
    const finished = new Set<string>();
    let assignments = 0;
    for (const { stream, type, data } of await logged()) {
      if (type === "ISSUE_APPROVED") {
        const { priority, dependsOn } = JSON.parse(data) as { priority: string; dependsOn: number[] };
        const place: [number, number] = [priorities.indexOf(priority), queue.size];
        queue.set(stream, { place, dependsOn: dependsOn.map((number) => `acme/shop#${number}`) });
      } else if (type === "ISSUE_DONE") {
        finished.add(stream);
      } else if (type === "ISSUE_ASSIGNED") {
        assignments += 1;
        const free = [...queue].filter(([, { dependsOn }]) => dependsOn.every((id) => finished.has(id)));
        const [first] = free.sort(([, a], [, b]) => a.place[0] - b.place[0] || a.place[1] - b.place[1]);
        expect(stream).toBe(first?.[0]);
        queue.delete(stream);
      }
    }
    expect(assignments).toBe(issues);
    await expectRebuildToAgree();
  });
});

describe("the projections", () => {
  it("come to the same from the log, and invalid events change nothing", async () => {
    const bodies = fc.sample(
      fc.oneof({ arbitrary: rigEvent, weight: 4 }, { arbitrary: invalidRigEvent, weight: 1 }),
      {
        numRuns: 300,
        seed: 20_261_121,
      },
    );
    const seen = new Map<number, number>();
    let known = await everything();
    for (const body of bodies) {
      const { status } = await submit(body);
      seen.set(status, (seen.get(status) ?? 0) + 1);
      expect([200, 400, 409]).toContain(status);
      const now = await everything();
      if (status !== 200) expect(now).toEqual(known);
      known = now;
    }
    for (const status of [200, 400, 409]) expect(seen.get(status)).toBeGreaterThan(20);
    const rows = await projections();
    expect(rows.issues.length).toBeGreaterThan(5);
    expect(rows.agents.length).toBeGreaterThan(1);

    await env.DB.batch([
      env.DB.prepare(
        "UPDATE conductor_issues SET state = 'queued', issue = '{}', rank = 9 WHERE rowid % 2 = 0",
      ),
      env.DB.prepare("DELETE FROM conductor_issues WHERE rowid % 3 = 0"),
      env.DB.prepare("UPDATE conductor_issues SET stream = 'acme/ghost#' || rowid WHERE rowid % 5 = 0"),
      env.DB.prepare("DELETE FROM conductor_agents"),
    ]);
    expect(await projections()).not.toEqual(rows);
    const total = { streams: 0, events: 0 };
    for (let after: string | null = ""; after !== null; ) {
      const step = await rebuildProjections(drizzle(env.DB), { after, maxEvents: 40 });
      total.streams += step.streams;
      total.events += step.events;
      after = step.next;
    }
    expect(total.events).toBe((await logged()).length);
    expect(await projections()).toEqual(rows);
    const again = await postJson("/api/conductor/rebuild", {});
    expect(await again.json()).toEqual({ ...total, next: null });
  }, 120_000);
});

describe("the clock", () => {
  const quiet = () => vi.spyOn(console, "info").mockImplementation(() => {});

  it("takes an issue from an agent that has gone offline, once, and escalates the second time", async () => {
    quiet();
    await tell(about("ISSUE_APPROVED", 1, { title: "T" }));
    for (const attempt of [1, 2]) {
      await tell({ type: "HEARTBEAT", agentId: "dev-e-1" }, about("WORK_STARTED", 1, { agentId: "dev-e-1" }));
      expect(await conductorTick(env, Date.now() + 2 * MINUTE)).toEqual({ stuck: 0, reminders: 0 });
      const late = Date.now() + 4 * MINUTE;
      await Promise.all([conductorTick(env, late), conductorTick(env, late)]);
      await conductorTick(env, late + MINUTE);
      const types = (await logged()).filter(({ type }) => type === "AGENT_STUCK");
      expect(types).toHaveLength(attempt);
      const state = attempt === 1 ? "queued" : "failed";
      expect(await read("/api/issues")).toMatchObject([{ state, failedAttempts: attempt, agentId: null }]);
    }
    expect((await logged()).at(-1)?.type).toBe("ESCALATED");
  });

  it("reminds of a gate every half hour", async () => {
    quiet();
    await tell(
      about("ISSUE_APPROVED", 1, { title: "T" }),
      about("HUMAN_GATE_TRIGGERED", 1, { prNumber: 12 }),
    );
    const start = Date.now();
    for (const minutes of [29, 31, 32, 60, 62]) await conductorTick(env, start + minutes * MINUTE);
    const reminders = (await logged()).filter(({ type }) => type === "HUMAN_GATE_REMINDER");
    expect(reminders.map(({ data }) => JSON.parse(data).attempt)).toEqual([31, 62]);
  });
});

describe("the conductor's door", () => {
  const tokens: Record<string, string> = {
    CONDUCTOR_TOKEN: "shared-token",
    DEV_E__CONDUCTOR_TOKEN: "dev-token",
    CONDUCTOR_E__CONDUCTOR_TOKEN: "coordinator-token",
  };

  async function as(
    token: string | null,
    path: string,
    body?: object,
    settings: object = tokens,
  ): Promise<number> {
    const headers: Record<string, string> = { "Content-Type": "application/json" };
    if (token !== null) headers.Authorization = `Bearer ${token}`;
    const init = body ? { method: "POST", body: JSON.stringify(body) } : {};
    const worker = (await import("../../workers/index.ts")).default;
    const url = `http://127.0.0.1:8787${path}`;
    return (await worker.fetch(new Request(url, { ...init, headers }), { ...env, ...settings })).status;
  }

  const beat = (agentId: string) => ({ type: "HEARTBEAT", agentId });

  it.each([
    "/api/issues",
    "/api/queue",
    "/api/agents",
    "/api/events/stream?id=x",
    "/api/assignments/next?agentId=x",
    "/api/execution-logs",
    "/api/repo-learnings?repo=a/b",
    "/healthz/deep",
  ])("keeps everybody out of %s who shows nothing", async (path) => {
    const response = await anonymous(path);
    expect(response.status).toBe(401);
    expect(response.headers.get("WWW-Authenticate")).toContain("Bearer");
    expect(await response.json()).toEqual({ error: expect.stringContaining("CONDUCTOR_TOKEN") });
  });

  it("lets an agent speak for itself and its instances, and for nobody else", async () => {
    expect(await as("dev-token", "/api/events", beat("dev-e"))).toBe(200);
    expect(await as("dev-token", "/api/events", beat("dev-e-1"))).toBe(200);
    expect(await as("dev-token", "/api/events", beat("review-e"))).toBe(403);
    expect(await as("shared-token", "/api/events", beat("review-e"))).toBe(200);
    expect(await as("shared-token", "/api/events", beat("dev-e"))).toBe(403);
    expect(await as("dev-token", "/api/assignments/next?agentId=review-e")).toBe(403);
    expect(await as("dev-token", "/api/assignments/next?agentId=dev-e")).toBe(204);
    expect(await as("dev-token", "/api/events", about("CI_PASSED", 1))).toBe(200);
    expect(await as("wrong", "/api/events", beat("dev-e"))).toBe(401);
    expect(await as(null, "/api/queue")).toBe(401);
  });

  it("lets the coordinator speak of all, and rebuild only the admin", async () => {
    expect(await as("coordinator-token", "/api/events", about("ISSUE_APPROVED", 1, { title: "T" }))).toBe(
      200,
    );
    const assignment = about("ISSUE_ASSIGNED", 1, { agentId: "dev-e" });
    expect(await as("shared-token", "/api/events", assignment)).toBe(403);
    expect(await as("coordinator-token", "/api/events", assignment)).toBe(200);
    expect(await as("coordinator-token", "/api/conductor/rebuild", {})).toBe(401);
    expect(await as("test-admin-token", "/api/conductor/rebuild", {})).toBe(200);
  });

  it("stands open where the setting says so, except for the admin's part", async () => {
    const open = { ...tokens, CONDUCTOR_OPEN: "true" };
    expect(await as(null, "/api/events", beat("dev-e"), open)).toBe(200);
    expect(await as(null, "/api/queue", undefined, open)).toBe(200);
    expect(await as(null, "/api/conductor/rebuild", {}, open)).toBe(401);
    expect(await as(null, "/api/queue", undefined, { CONDUCTOR_OPEN: "yes" })).toBe(401);
  });
});

describe("the deep health check", () => {
  it("says what works, and who is missing", async () => {
    await tell({ type: "HEARTBEAT", agentId: "dev-e-1" });
    expect(await read<object>("/healthz/deep")).toMatchObject({
      overall: "Ok",
      dependencies: [
        { name: "d1", status: "Ok", critical: true, reason: null },
        { name: "event-store", status: "Ok", critical: true },
        { name: "agents", status: "Ok", critical: false },
      ],
    });
    expect(await logged()).toHaveLength(1);
    vi.useFakeTimers({ now: Date.now() + 4 * MINUTE, toFake: ["Date"] });
    const health = await read<{ overall: string; dependencies: object[] }>("/healthz/deep");
    expect(health.overall).toBe("Degraded");
    expect(health.dependencies[2]).toMatchObject({ status: "Degraded", reason: "offline: dev-e-1" });
  });

  it("answers 503 when the event store cannot be written", async () => {
    await env.DB.exec("ALTER TABLE conductor_events RENAME TO away");
    try {
      const response = await request("/healthz/deep");
      expect(response.status).toBe(503);
      const { overall, dependencies } = await response.json<{ overall: string; dependencies: object[] }>();
      expect(overall).toBe("Unreachable");
      expect(dependencies[0]).toMatchObject({ name: "d1", status: "Ok" });
      expect(dependencies[1]).toMatchObject({ name: "event-store", status: "Unreachable" });
    } finally {
      await env.DB.exec("ALTER TABLE away RENAME TO conductor_events");
    }
  });
});

describe("notes", () => {
  it("of an execution are kept and found by agent and issue", async () => {
    const entry = { agentId: "dev-e-1", message: "npm test failed", level: "warn" };
    for (const issueNumber of [1, 2]) {
      const response = await postJson("/api/execution-logs", { ...entry, repo: "acme/shop", issueNumber });
      expect(response.status).toBe(201);
    }
    await postJson("/api/execution-logs", { agentId: "review-e", message: "hello" });
    const path = "/api/execution-logs";
    expect(await read(`${path}?repo=acme/shop&issueNumber=2`)).toMatchObject([
      { ...entry, streamId: "acme/shop#2" },
    ]);
    const newest = await read<{ id: number; streamId: string | null }[]>(`${path}?limit=1`);
    expect(newest).toMatchObject([{ agentId: "review-e", streamId: null, level: "info" }]);
    expect(await read(`${path}?before=${newest[0]?.id}&agentId=dev-e-1`)).toHaveLength(2);
    const half = await postJson(path, { ...entry, repo: "acme/shop" });
    expect(await half.json()).toEqual({ error: "Missing required field: issueNumber" });
    expect((await request(`${path}?limit=9999`)).status).toBe(400);
  });

  it("about a repository are kept once, count up, and can be forgotten", async () => {
    const learning = { agentId: "dev-e-1", repo: "acme/shop", learning: "Run npm ci first." };
    await postJson("/api/repo-learnings", { ...learning, learning: "Tests need Node 24." });
    await postJson("/api/repo-learnings", learning);
    const again = await postJson("/api/repo-learnings", {
      ...learning,
      agentId: "dev-e-2",
      learning: "run  NPM ci first.",
    });
    expect(again.status).toBe(201);
    expect(await read("/api/repo-learnings?repo=acme/shop")).toMatchObject([
      { ...learning, occurrences: 2 },
      { learning: "Tests need Node 24.", occurrences: 1 },
    ]);
    const forget = () =>
      request("/api/repo-learnings", {
        method: "DELETE",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(learning),
      });
    expect([(await forget()).status, (await forget()).status]).toEqual([204, 404]);
    expect((await request("/api/repo-learnings")).status).toBe(400);
  });
});
