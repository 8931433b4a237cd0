/** The gateway pod as `npm run build` makes it, a process of its own: started, ended and killed as a cluster does. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import * as z from "zod";
import { root } from "./bundled-worker.ts";

export interface GatewayProcess extends AsyncDisposable {
  readonly pid: number;
  /** Its HTTP server, once it listens. */
  url(): Promise<string>;
  /** Resolves when /readyz says so. @throws Error with its log when it ends before. */
  ready(): Promise<void>;
  /** SIGTERM, as a cluster ends a pod; resolves with its exit code. */
  terminate(): Promise<number | null>;
  /** SIGKILL: nothing gets to say goodbye. */
  kill(): Promise<void>;
  /** What it has logged. */
  log(): string;
}

/** As the guide says: without a limit V8 lets garbage lie. What may be on its way to the Worker fits in three times over. */
export const NODE_FLAGS = ["--max-old-space-size=64", "--max-semi-space-size=1"];

const listeningSchema = z.object({ event: z.literal("gateway.listening"), port: z.int() });

/** What a pod is started with. */
export interface GatewayProcessOptions {
  agent: string;
  /** Default: a name of its own. */
  id?: string;
  workerUrl: string;
  discordUrl: string;
  botToken: string;
  bridgeSecret: string;
}

export function startGatewayProcess(options: GatewayProcessOptions): GatewayProcess {
  const child = spawn(process.execPath, [...NODE_FLAGS, join(root, "dist/gateway/main.js")], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env.PATH,
      RIG_AGENT: options.agent,
      RIG_WORKER_URL: options.workerUrl,
      DISCORD_API_BASE_URL: options.discordUrl,
      DISCORD_BOT_TOKEN: options.botToken,
      BRIDGE_SECRET: options.bridgeSecret,
      PORT: "0",
      ...(options.id !== undefined && { RIG_GATEWAY_ID: options.id }),
    },
  });
  return superviseGateway(child);
}

/** A process that is told nothing and whose output is read. */
export type PipedProcess = ChildProcessByStdio<null, Readable, Readable>;

/** What can be known of a gateway from outside, however it was started. */
export function superviseGateway(child: PipedProcess): GatewayProcess {
  const { pid } = child;
  if (pid === undefined) throw new Error("the gateway cannot be started");
  const lines: string[] = [];
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const listening = new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on("line", (line) => {
        lines.push(line);
        const reading = listeningSchema.safeParse(jsonOf(line));
        if (reading.success) resolve(`http://127.0.0.1:${reading.data.port}`);
      });
    void ended.then(() => reject(new Error(`the gateway has ended:\n${lines.join("\n")}`)));
  });
  listening.catch(() => {});

  return {
    pid,
    url: () => listening,
    async ready() {
      const url = await listening;
      while (isAlive(child)) {
        const response = await fetch(`${url}/readyz`).catch(() => null);
        if (response?.ok) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`the gateway has ended:\n${lines.join("\n")}`);
    },
    async terminate() {
      child.kill("SIGTERM");
      return ended;
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
    log: () => lines.join("\n"),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function isAlive({ exitCode, signalCode }: PipedProcess): boolean {
  return exitCode === null && signalCode === null;
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
