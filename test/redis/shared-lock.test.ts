import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { shardWithChannel } from "../workers/shard.ts";
import { redis } from "./redis.ts";

beforeEach(() => redis("FLUSHALL"));
afterEach(() => {
  vi.restoreAllMocks();
});

const idOf = ({ d }: { d: unknown }) => (d as { id: string }).id;

describe("a message that two runtimes hear", () => {
  it("is answered by the one that took its lock", async () => {
    const { shard, help } = await shardWithChannel("sharing");
    const [theirs, ours] = [shard.message(help, "[[say theirs]]"), shard.message(help, "[[say ours]]")];
    await redis("SET", `lock:${idOf(theirs)}`, "worker-0", "NX", "EX", 300);
    await shard.deliver(theirs, ours);
    await shard.untilInbox(help, ["[[say ours]]"]);
    expect(await redis("SET", `lock:${idOf(ours)}`, "worker-0", "NX", "EX", 300)).toBeNull();
    expect(await redis("TTL", `lock:${idOf(ours)}`)).toBeGreaterThan(200);
  });

  it("is still ours when the gateway sends it again", async () => {
    const { shard, help } = await shardWithChannel("sharing");
    const message = shard.message(help, "[[say again]]");
    await redis("SET", `lock:${idOf(message)}`, "rig-edge:sharing", "EX", 300);
    await shard.deliver(message);
    await shard.untilInbox(help, ["[[say again]]"]);
  });

  it("is answered here while Redis is away, and the operator is told once", async () => {
    const told = vi.spyOn(console, "error").mockImplementation(() => {});
    const { shard, help } = await shardWithChannel("stranded");
    await shard.deliver(shard.message(help, "[[say one]]"), shard.message(help, "[[say two]]"));
    await shard.untilInbox(help, ["[[say one]]", "[[say two]]"]);
    expect(told.mock.calls.filter(([line]) => String(line).includes("lock.unreachable"))).toHaveLength(1);
  });
});
