/** The Worker's end of the bridge, in memory: a lease for one shard, and every event that was ever stored. */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import * as z from "zod";
import { verifyRequest } from "../../../shared/bridge/signature.ts";

export const bridgeSecret = "a-bridge-secret";
/** Seconds for which a lease holds. */
export const ttlSeconds = 2;

const shard = z.tuple([z.int(), z.int()]);
const leaseRequest = z.object({ gateway: z.string(), shard });
const releaseRequest = leaseRequest.extend({ epoch: z.int() });
const eventBatch = releaseRequest.extend({
  session: z.object({ id: z.string(), resumeUrl: z.string() }),
  events: z.array(z.object({ s: z.int(), t: z.string(), d: z.unknown() })).max(100),
});
type Batch = z.infer<typeof eventBatch>;

interface Answer {
  status: number;
  body: object;
}

export interface SmallWorker {
  url: string;
  /** Events in the order in which they were stored, each once. */
  stored: { session: string; s: number; t: string; d: unknown }[];
  batches: number[];
  /** Everything that was received, for secrets to be searched in. */
  transcript: string[];
  releases: string[];
  holder(): string | null;
  secrets: string[];
  /** Answers a request instead of the bridge, or holds it back for as long as its promise takes. */
  intercept: ((path: string, batch: Batch | null) => Answer | null | Promise<Answer | null>) | null;
  close(): Promise<void>;
}

export async function startWorker(): Promise<SmallWorker> {
  let lease: { holder: string; epoch: number; until: number } | null = null;
  let epochs = 0;
  let resume: { sessionId: string; resumeUrl: string; seq: number } | null = null;
  const isHeld = () => lease !== null && lease.until > Date.now();

  const grant = (gateway: string): Answer => {
    if (lease !== null && isHeld() && lease.holder !== gateway)
      return { status: 409, body: { holder: lease.holder, retryAfterSeconds: 1 } };
    if (lease?.holder !== gateway || !isHeld()) epochs += 1;
    lease = { holder: gateway, epoch: epochs, until: Date.now() + ttlSeconds * 1000 };
    const forward = ["READY", "GUILD_CREATE", "MESSAGE_CREATE"];
    return { status: 200, body: { epoch: epochs, ttlSeconds, resume, intents: 37_377, forward } };
  };
  const isFenced = ({ gateway, epoch }: { gateway: string; epoch: number }) =>
    lease?.holder !== gateway || lease.epoch !== epoch;
  const fenced: Answer = { status: 409, body: { error: "fenced", message: "another gateway" } };

  const store = (batch: Batch): Answer => {
    if (isFenced(batch) || lease === null) return fenced;
    lease.until = Date.now() + ttlSeconds * 1000;
    worker.batches.push(batch.events.length);
    for (const event of batch.events) {
      const isKnown = worker.stored.some(({ session, s }) => session === batch.session.id && s === event.s);
      if (!isKnown) worker.stored.push({ session: batch.session.id, ...event });
    }
    const acked = batch.events.at(-1)?.s ?? null;
    if (acked !== null)
      resume = { sessionId: batch.session.id, resumeUrl: batch.session.resumeUrl, seq: acked };
    return { status: 200, body: { acked, ttlSeconds } };
  };

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const body = (await request.toArray()).join("");
    const path = request.url ?? "";
    worker.transcript.push(JSON.stringify(request.headers), body);
    const headers = new Headers();
    for (const [name, value] of Object.entries(request.headers)) headers.set(name, String(value));
    const believed = await verifyRequest(
      { method: request.method ?? "", path, body, headers },
      { secrets: worker.secrets, now: Date.now() },
    );
    if (!believed.ok)
      return { status: 401, body: { error: { code: believed.reason, message: believed.message } } };
    const json: unknown = JSON.parse(body);
    const batch = path.endsWith("/events") ? eventBatch.parse(json) : null;
    const instead = await worker.intercept?.(path, batch);
    if (instead) return instead;
    if (batch !== null) return store(batch);
    if (path.endsWith("/lease")) return grant(leaseRequest.parse(json).gateway);
    const release = releaseRequest.parse(json);
    if (isFenced(release)) return fenced;
    lease = null;
    worker.releases.push(release.gateway);
    return { status: 200, body: {} };
  };

  const http = createServer((request, response) => {
    answer(request).then(
      ({ status, body }) => {
        response.writeHead(status, { "Content-Type": "application/json" });
        response.end(JSON.stringify(body));
      },
      (error: unknown) => {
        response.writeHead(400);
        response.end(String(error));
      },
    );
  });
  const worker: SmallWorker = {
    url: "",
    stored: [],
    batches: [],
    transcript: [],
    releases: [],
    holder: () => (isHeld() ? (lease?.holder ?? null) : null),
    secrets: [bridgeSecret],
    intercept: null,
    async close() {
      http.closeAllConnections();
      http.close();
      await once(http, "close");
    },
  };
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const address = http.address();
  if (typeof address === "object" && address !== null) worker.url = `http://127.0.0.1:${address.port}`;
  return worker;
}
