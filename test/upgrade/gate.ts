/**
 * What stands between the Worker and everything that it calls: Discord, the model, tools, files. A request can be held before
 * it arrives or after it has been carried out, so that a runtime is killed at exactly that point.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse, request as send } from "node:http";
import type { AddressInfo } from "node:net";

/** Which requests are meant; what is absent meets all. */
export interface Meant {
  method?: string;
  /** A part of the path, e.g. `/model/` or a channel's id. */
  path?: string;
  /** A part of the body. */
  body?: string;
}

/** What becomes of the requests that are meant. */
export type Fate =
  /** It never arrives, and nothing does from then on that is about the same (a channel, an interaction's token). */
  | { do: "hold-before" }
  /** It is carried out, and its answer never comes; nor does anything from then on that is about the same. */
  | { do: "hold-after" }
  /** Its answer stops once this text has come. */
  | { do: "stall"; after: string }
  /** It is answered with this and does not arrive. */
  | { do: "answer"; status: number; headers?: Record<string, string>; body: unknown };

/** A fate that waits for its requests. */
export interface Trap {
  /** Resolves when the first request has come as far as it will. */
  reached(): Promise<void>;
  /** Lets a stalled answer go on: up to another text, or to its end. */
  goOn(after?: string): void;
}

export interface Gate extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`; what is behind it is named by the first part of the path. */
  readonly url: string;
  /** @param times how many requests it meets; the first trap that fits and is not used up counts. */
  trap(meant: Meant, fate: Fate, times?: number): Trap;
  /** Lets nothing through any more whose path begins so. */
  silence(path: string): void;
}

interface SetTrap {
  meant: Meant;
  fate: Fate;
  left: number;
  reach: () => void;
  /** Up to which text stalled answers go on. */
  upTo: string | undefined;
  more: PromiseWithResolvers<void>;
}

/** How long a trap is waited for, in milliseconds. */
const PATIENCE_MS = 30_000;

/** What the file server says, whatever is asked for. */
export const FILE_TEXT = "a file that somebody attached";

/** @param behind origins, or origins with a path, by the first part of the gate's paths. `files` is the gate's own. */
export async function startGate(behind: Readonly<Record<string, string>>): Promise<Gate> {
  const traps: SetTrap[] = [];
  const silent: string[] = [];
  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await readBody(incoming);
    const { method = "GET", url: path = "/" } = incoming;
    if (silent.some((start) => path.startsWith(start))) return;
    const trap = traps.find(({ meant, left }) => left > 0 && isMeant(meant, { method, path, body }));
    if (trap) trap.left -= 1;
    if (trap?.fate.do.startsWith("hold-") && path.startsWith("/discord/")) silent.push(subjectOf(path));
    switch (trap?.fate.do) {
      case "hold-before":
        return trap.reach();
      case "answer": {
        const { status, headers, body: answer } = trap.fate;
        outgoing.writeHead(status, { "content-type": "application/json", ...headers });
        outgoing.end(JSON.stringify(answer));
        return trap.reach();
      }
      default:
    }
    const answer = await forward(incoming, path, body);
    if (answer === null) {
      outgoing.writeHead(200, { "content-type": "text/plain" }).end(FILE_TEXT);
      return;
    }
    if (trap?.fate.do === "hold-after") {
      await readBody(answer);
      return trap.reach();
    }
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    await (trap ? stall(answer, outgoing, trap) : passOn(answer, outgoing));
    outgoing.end();
  }

  /** @returns `null` for a file of the gate's own. */
  async function forward(
    { method, headers }: IncomingMessage,
    path: string,
    body: Buffer,
  ): Promise<IncomingMessage | null> {
    const [, name = "", rest = ""] = /^\/([^/]+)(.*)$/.exec(path) ?? [];
    if (name === "files") return null;
    const target = behind[name];
    if (target === undefined) throw new Error(`nothing is behind /${name}`);
    const { host: _, "transfer-encoding": __, ...kept } = headers;
    const length = body.byteLength > 0 ? { "content-length": String(body.byteLength) } : {};
    const request = send(target + rest, { method, headers: { ...kept, ...length } });
    request.end(body);
    const [answer] = (await once(request, "response")) as [IncomingMessage];
    return answer;
  }

  return {
    url: `http://127.0.0.1:${port}`,
    trap(meant, fate, times = 1) {
      const { promise, resolve: reach, reject } = Promise.withResolvers<void>();
      const upTo = fate.do === "stall" ? fate.after : undefined;
      const trap: SetTrap = { meant, fate, left: times, reach, upTo, more: Promise.withResolvers() };
      traps.push(trap);
      return {
        reached() {
          const inVain = () => reject(new Error(`nothing like ${JSON.stringify(meant)} came`));
          const timer = setTimeout(inVain, PATIENCE_MS);
          return promise.finally(() => clearTimeout(timer));
        },
        goOn: (after) => {
          trap.upTo = after;
          trap.more.resolve();
        },
      };
    },
    silence: (path) => {
      silent.push(path);
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** What a request to Discord is about: `/discord/channels/<id>`, `/discord/webhooks/<application>/<token>`. */
function subjectOf(path: string): string {
  const isWebhook = path.startsWith("/discord/webhooks/");
  return path
    .split(/[/?]/)
    .slice(0, isWebhook ? 5 : 4)
    .join("/");
}

function isMeant(
  { method, path, body }: Meant,
  asked: { method: string; path: string; body: Buffer },
): boolean {
  return (
    (method === undefined || method === asked.method) &&
    (path === undefined || asked.path.includes(path)) &&
    (body === undefined || asked.body.includes(body))
  );
}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function passOn(answer: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  for await (const chunk of answer) outgoing.write(chunk);
}

/** Passes on whole events of a stream (`\n\n` ends one), so that it stops between two. */
async function stall(answer: IncomingMessage, outgoing: ServerResponse, trap: SetTrap): Promise<void> {
  const text = (await readBody(answer)).toString();
  for (const event of text.split(/(?<=\n\n)/)) {
    outgoing.write(event);
    if (trap.upTo === undefined || !event.includes(trap.upTo)) continue;
    trap.more = Promise.withResolvers();
    trap.reach();
    await trap.more.promise;
  }
}
