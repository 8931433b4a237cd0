/**
 * The fake Discord from another process or another isolate, over HTTP: `fetch` is all it needs. Start it where Node is
 * (e.g. in vitest's `globalSetup`), and say and read from inside workerd what a test in its own process would.
 *
 * @example
 * const discord = remoteDiscord(env.DISCORD_API_BASE_URL);
 * const guild = await discord.world.createGuild("Home");
 * await discord.faults.rest({ kind: "status", status: 503, times: 1 });
 */
import type { FaultCommands } from "./fault-commands.ts";
import type { GatewayTally, SessionView } from "./gateway/tally.ts";
import type { RecordedRequest, Violation } from "./rest/request.ts";
import type { RestTally } from "./rest/tally.ts";
import type { World } from "./world.ts";

/** The methods of `T`, answering later. */
export type Remote<T> = {
  [Name in keyof T]: T[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : never;
};

/** What has happened. */
export interface Tally {
  rest: RestTally;
  gateway: GatewayTally;
}

/** Everything that a test may want to read afterwards. */
export interface Report {
  requests: RecordedRequest[];
  violations: Violation[];
  tally: Tally;
  sessions: SessionView[];
}

export interface RemoteDiscord {
  readonly world: Remote<World>;
  readonly faults: Remote<FaultCommands>;
  report(): Promise<Report>;
  /** Forgets requests and violations; counts stay. */
  forget(): Promise<void>;
}

/** What calls a method over HTTP. */
export interface RemoteCall {
  target: "world" | "faults";
  method: string;
  args: unknown[];
}

/** @param url any URL of the fake, such as its `restUrl` */
export function remoteDiscord(url: string): RemoteDiscord {
  const { origin } = new URL(url);
  const call = async (body: RemoteCall): Promise<unknown> => {
    const response = await fetch(`${origin}/__call`, { method: "POST", body: JSON.stringify(body) });
    const { result, error } = (await response.json()) as { result?: unknown; error?: string };
    if (error !== undefined) throw new Error(`${body.target}.${body.method}: ${error}`);
    return result;
  };
  const methodsOf = <T extends object>(target: RemoteCall["target"]): Remote<T> =>
    new Proxy({} as Remote<T>, {
      // A promise's `then` is none of ours, or an await would call it.
      get: (_, method) =>
        typeof method === "string" && method !== "then"
          ? (...args: unknown[]) => call({ target, method, args })
          : undefined,
    });
  return {
    world: methodsOf<World>("world"),
    faults: methodsOf<FaultCommands>("faults"),
    report: async () => (await (await fetch(`${origin}/__report`)).json()) as Report,
    forget: async () => {
      await fetch(`${origin}/__forget`, { method: "POST" });
    },
  };
}
