/** A client as it should be: it sends a message again under the same id until it is told that it was accepted. */
import { setTimeout as delay } from "node:timers/promises";
import type { ServerFrame, TurnView } from "../../shared/chat/protocol.ts";
import { ADMIN_TOKEN, type MortalWorker } from "./mortal-worker.ts";
import type { PlannedMessage } from "./plan.ts";

/** Longest wait for an acknowledgement before the message is sent again, in milliseconds. */
const ATTEMPT_MS = 5_000;
const PAUSE_MS = 300;

const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` };

/** Resolves once the message is accepted. @returns how often it had to be sent. */
export async function sendUntilAccepted(
  worker: MortalWorker,
  chat: string,
  message: PlannedMessage,
): Promise<number> {
  for (let attempts = 1; ; attempts++) {
    const url = await worker.url();
    const accepted = message.door === "http" ? overHttp(url, chat, message) : overSocket(url, chat, message);
    if (await accepted.catch(() => false)) return attempts;
    await delay(PAUSE_MS);
  }
}

async function overHttp(url: URL, chat: string, { id, text }: PlannedMessage): Promise<boolean> {
  const response = await fetch(new URL(`/agents/tester/chats/${chat}/messages`, url), {
    method: "POST",
    body: JSON.stringify({ id, text }),
    headers: { ...headers, "Content-Type": "application/json" },
    signal: AbortSignal.timeout(ATTEMPT_MS),
  });
  // The reply is read: one that breaks off in the middle is no acknowledgement.
  const reply = (await response.json()) as { id?: string };
  return response.status === 202 && reply.id === id;
}

function overSocket(url: URL, chat: string, { id, text }: PlannedMessage): Promise<boolean> {
  // The options are Node's: a browser has no headers here.
  const options = { headers } as unknown as string[];
  const socket = new WebSocket(new URL(`/agents/tester/chats/${chat}/socket`, url), options);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), ATTEMPT_MS);
  socket.addEventListener("open", () => socket.send(JSON.stringify({ type: "send", id, text })));
  socket.addEventListener("message", ({ data }) => {
    const frame = JSON.parse(String(data)) as ServerFrame;
    if (frame.type === "accepted" && frame.id === id) resolve(true);
  });
  for (const end of ["close", "error"]) socket.addEventListener(end, () => resolve(false));
  return promise.finally(() => {
    clearTimeout(timer);
    socket.close();
  });
}

/** What is shown of a conversation. */
export async function readTurns(worker: MortalWorker, chat: string): Promise<TurnView[]> {
  const response = await fetch(new URL(`/agents/tester/chats/${chat}`, await worker.url()), { headers });
  if (!response.ok) throw new Error(`${chat}: status ${response.status}`);
  return ((await response.json()) as { turns: TurnView[] }).turns;
}
