/** Everything that a Worker talks to, and what a scene needs to bring one into a certain state. */
import { setTimeout as delay } from "node:timers/promises";
import type { TurnView } from "../../shared/chat/protocol.ts";
import {
  type FakeDiscord,
  type FakeDiscordOptions,
  startFakeDiscord,
} from "../support/discord/fake-discord.ts";
import { type ModelServer, startModelServer } from "../support/model-server.ts";
import { startToolServer, type ToolServer } from "../support/tool-server.ts";
import type { ChatDoor, Doors } from "./doors.ts";
import type { ConversationEntry, Manifest } from "./fixture.ts";
import { type Gate, startGate } from "./gate.ts";

/** The world around a Worker. */
export interface Surroundings extends AsyncDisposable {
  discord: FakeDiscord;
  model: ModelServer;
  tools: ToolServer;
  gate: Gate;
}

export async function startSurroundings(options: FakeDiscordOptions = {}): Promise<Surroundings> {
  await using cleanup = new AsyncDisposableStack();
  const [discord, model, tools] = await Promise.all([
    startFakeDiscord(options),
    startModelServer(),
    startToolServer(),
  ]);
  for (const server of [discord, model, tools]) cleanup.defer(() => server.close());
  const gate = cleanup.use(await startGate({ discord: discord.restUrl, model: model.url, tools: tools.url }));
  const owned = cleanup.move();
  return { discord, model, tools, gate, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** What scenes are played on. */
export interface Stage extends Surroundings {
  /** Of the runtime that is there now. */
  doors: Doors;
  cron(at: number): Promise<void>;
  /** Scenes write down here what they leave behind. */
  manifest: Manifest;
  /** Looked for in the storage once the runtime is dead: each query has to find something. */
  proofs: Proof[];
}

/** That a state was reached. */
export interface Proof {
  class: string;
  name: string;
  /** SQL that finds a row where the object is in that state. */
  query: string;
}

/** Writes down a conversation, and that its storage has what a query finds. */
export function record(stage: Stage, entry: ConversationEntry, ...queries: string[]): void {
  stage.manifest.conversations.push(entry);
  for (const query of queries) stage.proofs.push({ class: "ChannelSession", name: entry.name, query });
}

const PATIENCE_MS = 20_000;

/** Waits for something to be there. */
export async function until<T>(
  what: string,
  read: () => T | undefined | Promise<T | undefined>,
  seen: () => unknown = () => "",
): Promise<T> {
  for (const start = performance.now(); ; ) {
    const found = await read();
    if (found !== undefined) return found;
    if (performance.now() - start > PATIENCE_MS)
      throw new Error(`waited in vain: ${what} ${JSON.stringify(seen())}`);
    await delay(20);
  }
}

/** Waits for a chat's turn to be in a state. */
export function untilTurn(chat: ChatDoor, event: string, ...states: TurnView["state"][]): Promise<TurnView> {
  return until(`${event} to be ${states.join(" or ")}`, async () =>
    (await chat.turns()).find((turn) => turn.event === event && states.includes(turn.state)),
  );
}
