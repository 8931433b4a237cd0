/** What the log tells of one event, by its trace. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ChannelSession } from "../../durable-objects/channel-session/channel-session.ts";
import { DEFAULT_LOG_LEVEL, LOG_LEVELS, setLogLevel } from "../../shared/log.ts";
import { interactionOf, slash, text } from "../support/interaction-payloads.ts";
import { hmacHex } from "./hmac.ts";
import { discord, newId, shardWithChannel } from "./shard.ts";
import { anonymous, postJson } from "./support.ts";

interface Line extends Record<string, unknown> {
  level: string;
  event: string;
}

let lines: Line[] = [];
beforeEach(() => {
  lines = [];
  setLogLevel("debug");
  for (const level of LOG_LEVELS)
    vi.spyOn(console, level).mockImplementation((line: string) => void lines.push(JSON.parse(line)));
});
afterEach(() => {
  setLogLevel(DEFAULT_LOG_LEVEL);
  vi.restoreAllMocks();
});

/** What was told of an event so far, in order. */
const told = (trace: string) => lines.filter((line) => line.trace === trace);
const names = (trace: string) => told(trace).map(({ level, event }) => `${level} ${event}`);
const untilTold = (trace: string, event: string) =>
  vi.waitFor(() => expect(told(trace)).toContainEqual(expect.objectContaining({ event })), {
    timeout: 20_000,
    interval: 30,
  });

const traceOf = ({ d }: { d: unknown }) => `discord:${(d as { id: string }).id}`;

describe("a message of Discord's", () => {
  it("is followed through the link to its conversation and its turn", async () => {
    const { shard, help } = await shardWithChannel();
    const message = shard.message(help, "[[say hi]]");
    await shard.deliver(message);
    const trace = traceOf(message);
    expect(names(trace).slice(0, 1)).toEqual(["debug event.received"]);
    const [delivered] = told(trace).filter(({ event }) => event === "message.delivered");
    const [accepted] = lines.filter((line) => line.event === "event.accepted" && line.trace === trace);
    expect(delivered).toMatchObject({ agent: "attendant", conversation: help, status: "stored" });
    expect(delivered?.turn).toBe(accepted?.turn);
    await untilTold(trace, "turn.over");
    expect(names(trace)).toEqual(expect.arrayContaining(["info event.accepted", "debug turn.agent"]));
    for (const { event, turn } of told(trace))
      if (String(event).startsWith("turn.")) expect(turn).toBe(accepted?.turn);
  });

  it("that is not answered has the reason", async () => {
    const { shard, help } = await shardWithChannel();
    const elsewhere = shard.message(newId(), "hello");
    const joined = shard.message(help, "", { type: 7 });
    await shard.deliver(elsewhere, joined);
    expect(told(traceOf(elsewhere))).toContainEqual(
      expect.objectContaining({ event: "message.not_answered", because: "channel-not-listed" }),
    );
    expect(told(traceOf(joined))).toContainEqual(
      expect.objectContaining({ event: "message.not_answered", because: "system-message" }),
    );
  });

  it("whose session is away is told of at each try, and the one that cannot be read too", async () => {
    const { shard, help } = await shardWithChannel();
    const unreadable = shard.event("MESSAGE_CREATE", { id: newId() });
    const message = shard.message(help, "hello");
    vi.spyOn(ChannelSession.prototype, "accept").mockImplementation(() => {
      throw new Error("away");
    });
    await shard.send([unreadable, message]);
    const seen = names(traceOf(message));
    expect(seen).toEqual(["debug event.received", "info object.called_again", "warn session.unreachable"]);
    expect(names(traceOf(unreadable))).toEqual(["debug event.received", "warn event.unreadable"]);
  });

  it("that waits is told of when it is held, changed, and handed on", async () => {
    const { shard, help } = await shardWithChannel();
    const accept = vi.spyOn(ChannelSession.prototype, "accept").mockReturnValue({ status: "busy" });
    const message = shard.message(help, "first");
    await shard.deliver(message);
    const trace = traceOf(message);
    const edit = { id: trace.slice("discord:".length), channel_id: help, content: "second" };
    await shard.deliver(shard.event("MESSAGE_UPDATE", { ...edit, edited_timestamp: "now" }));
    accept.mockRestore();
    await vi.waitFor(
      async () => {
        await runDurableObjectAlarm(shard.stub);
        expect(await shard.inbox(help)).toEqual(["second"]);
      },
      { timeout: 20_000, interval: 50 },
    );
    await untilTold(trace, "message.delivered");
    expect(names(trace)).toEqual(
      expect.arrayContaining(["debug message.held", "debug message.amended", "debug message.delivered"]),
    );
    await shard.deliver(shard.event("MESSAGE_DELETE", { id: edit.id, channel_id: help }));
    expect(names(trace)).toContain("debug message.withdrawn");
  });
});

describe("an interaction", () => {
  it("over the Gateway is told of when Discord does not take its answer, and when it is too late", async () => {
    const { shard } = await shardWithChannel();
    // The fake Discord knows nothing of it.
    const unknown = slash("ask", [text("prompt", "[[say hi]]")]);
    const matching = { path: unknown.id };
    await discord.faults.rest({ kind: "status", status: 503, times: 1, matching });
    const late = interactionOf(2, { id: "1", name: "ask", type: 1 }, { id: "1000" });
    await shard.deliver(shard.event("INTERACTION_CREATE", unknown), shard.event("INTERACTION_CREATE", late));
    await untilTold(`interaction:${unknown.id}`, "interaction.not_answered");
    expect(told(`interaction:${unknown.id}`)).toContainEqual(
      expect.objectContaining({
        ...{ level: "debug", event: "discord.waits", agent: "attendant", for: "backoff", status: 503 },
        route: "/interactions/:id/:token/callback",
      }),
    );
    expect(names("interaction:1000")).toEqual(["debug event.received", "warn interaction.late"]);
    expect(JSON.stringify(lines)).not.toContain(unknown.token);
  });
});

describe("a webhook's delivery", () => {
  it("that fails inside has the trace of what it brought", async () => {
    vi.spyOn(ChannelSession.prototype, "accept").mockImplementation(() => {
      throw new Error("away");
    });
    const id = crypto.randomUUID();
    const body = JSON.stringify({ action: "opened" });
    const response = await anonymous("/agents/hooked/webhook/github", {
      ...{ method: "POST", body },
      headers: {
        ...{ "Content-Type": "application/json", "X-GitHub-Event": "issues", "X-GitHub-Delivery": id },
        "X-Hub-Signature-256": `sha256=${await hmacHex(body, "github-secret")}`,
      },
    });
    expect(response.status).toBe(500);
    expect(names(`webhook:github:${id}`)).toContain("error request.failed");
  });
});

describe("a run", () => {
  it("is followed from the hand that starts it to its end", async () => {
    const id = crypto.randomUUID();
    await postJson("/agents/tester/run", { id, prompt: "[[say hi]]" });
    await untilTold(`cron::manual:${id}`, "cron.over");
  });

  it("by the clock has the trace of the run that was decided on", async () => {
    const agent = "cron-once";
    const schedule = env.CRON_SCHEDULE.getByName(agent);
    const nine = Date.parse("2030-01-07T08:00:00Z");
    await schedule.tick(nine - 30 * 60_000);
    await schedule.tick(nine);
    const trace = "cron:default:2030-01-07T08:00:00.000Z";
    expect(names(trace)).toContain("info cron.run");
    await untilTold(trace, "cron.over");
  });
});
