/** A real Redis of the tests' own: Debian's `redis-server` on a socket that nobody else has. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What Redis answers: RESP2 as JSON. */
export type RedisReply = string | number | null | Error | RedisReply[];

export interface RedisServer {
  /** Runs one command; an error of Redis is a value, as in a pipeline. */
  command(...words: (string | number)[]): Promise<RedisReply>;
  close(): Promise<void>;
}

/** @throws Error when `redis-server` is not installed. */
export async function startRedis(): Promise<RedisServer> {
  const directory = await mkdtemp(join(tmpdir(), "rig-redis-"));
  const path = join(directory, "redis.sock");
  const quiet = ["--save", "", "--appendonly", "no", "--loglevel", "warning"];
  const child = spawn("redis-server", ["--port", "0", "--unixsocket", path, ...quiet], { stdio: "ignore" });
  const ended = new Promise<never>((_, reject) => {
    child.once("error", (cause) =>
      reject(new Error("redis-server does not start: apt-get install redis-server", { cause })),
    );
    child.once("exit", (code) => reject(new Error(`redis-server ended with ${code}`)));
  });
  ended.catch(() => {});
  const socket = await Promise.race([connected(path), ended]);
  const command = client(socket);
  return {
    command,
    close: async () => {
      const over = new Promise((resolve) => child.once("exit", resolve));
      socket.destroy();
      child.kill();
      await over;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function connected(path: string): Promise<Socket> {
  for (;;) {
    const socket = connect(path);
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    if (isOpen) return socket;
    await sleep(20);
  }
}

/** Commands are answered in the order in which they were sent (Redis, "RESP protocol spec"). */
function client(socket: Socket): RedisServer["command"] {
  const waiting: ((reply: RedisReply) => void)[] = [];
  let received = Buffer.alloc(0);
  socket.on("data", (bytes) => {
    received = Buffer.concat([received, bytes]);
    for (let read = parse(received, 0); read; read = parse(received, 0)) {
      received = received.subarray(read.end);
      waiting.shift()?.(read.reply);
    }
  });
  return (...words) => {
    const reply = new Promise<RedisReply>((resolve) => waiting.push(resolve));
    const parts = words.map((word) => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`);
    socket.write(`*${words.length}\r\n${parts.join("")}`);
    return reply;
  };
}

/** Reads one reply at `start`; `undefined` when it is not complete. */
function parse(bytes: Buffer, start: number): { reply: RedisReply; end: number } | undefined {
  const lineEnd = bytes.indexOf("\r\n", start);
  if (lineEnd < 0) return undefined;
  const kind = String.fromCharCode(bytes[start] ?? 0);
  const text = bytes.toString("utf8", start + 1, lineEnd);
  const after = lineEnd + 2;
  if (kind === "+") return { reply: text, end: after };
  if (kind === "-") return { reply: new Error(text), end: after };
  if (kind === ":") return { reply: Number(text), end: after };
  const length = Number(text);
  if (length < 0) return { reply: null, end: after };
  if (kind === "$") {
    const end = after + length + 2;
    return bytes.length < end ? undefined : { reply: bytes.toString("utf8", after, end - 2), end };
  }
  const replies: RedisReply[] = [];
  let end = after;
  while (replies.length < length) {
    const read = parse(bytes, end);
    if (!read) return undefined;
    replies.push(read.reply);
    end = read.end;
  }
  return { reply: replies, end };
}
