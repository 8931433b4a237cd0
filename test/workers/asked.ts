/** Somebody uses a command of an agent's in the fake Discord; the door that takes interactions in is the test. */
import { env } from "cloudflare:workers";
import type { TurnView } from "../../shared/chat/protocol.ts";
import { TOKEN_LIFE_MS } from "../../shared/interaction/answer-place.ts";
import type { InboundEvent, InteractionTarget } from "../../shared/session/event.ts";
import { sessionName } from "../../shared/session/name.ts";
import { type DiscordRoom, discord, type Shown, until } from "./discord-room.ts";

const EPHEMERAL = 64;

/** An interaction, and the conversation in which it is answered. */
export class Asked {
  readonly room: DiscordRoom;
  readonly target: InteractionTarget;
  readonly conversation: string;

  private constructor(room: DiscordRoom, target: InteractionTarget, conversation: string) {
    this.room = room;
    this.target = target;
    this.conversation = conversation;
  }

  /** It is sent, and neither stored nor deferred yet. `conversation`: by default one of its own. */
  static async in(
    room: DiscordRoom,
    { isPrivate = false, conversation }: { isPrivate?: boolean; conversation?: string } = {},
  ): Promise<Asked> {
    const sentAt = Date.now();
    const data = { id: "1", name: "ask", type: 1 };
    const sent = { type: 2, data };
    const { id, token } = await discord.world.interact(room.channelId, room.userId, sent, { via: "hand" });
    const target: InteractionTarget = {
      kind: "interaction",
      ...{ id, token, applicationId: room.botId, isPrivate },
      ...{ expiresAt: sentAt + TOKEN_LIFE_MS, userId: room.userId },
      ...{ channelId: room.channelId, guildId: room.guildId },
    };
    return new Asked(room, target, conversation ?? `interaction:${id}`);
  }

  /** Its deferral reaches Discord. */
  async defer(): Promise<void> {
    const data = this.target.isPrivate ? { data: { flags: EPHEMERAL } } : {};
    const body = JSON.stringify({ type: 5, ...data });
    await discord.world.receive(this.target.id, { status: 200, body });
  }

  /** The door hands it on. */
  async arrive(text: string, more: Pick<InboundEvent, "command"> = {}): Promise<void> {
    const { target } = this;
    const author = { id: this.room.userId, name: "Mia" };
    await this.stub.accept({ id: `interaction:${target.id}`, author, text, target, ...more });
  }

  get stub() {
    const { room, conversation } = this;
    return env.CHANNEL_SESSION.getByName(sessionName({ agent: room.agent, conversation }));
  }

  /** Waits until the turn is over. */
  async settled(): Promise<TurnView> {
    const [turn] = await until(
      async () => (await this.stub.history()) as TurnView[],
      (turns) => turns.length > 0 && turns.every(({ finishedAt }) => finishedAt !== null),
    );
    if (!turn) throw new Error("there is no turn");
    return turn;
  }

  /** What the agent shows in the channel, oldest first; the deferral is part of it. */
  async posted(channelId = this.room.channelId): Promise<Shown[]> {
    const all = await discord.world.messages(channelId);
    return all.filter(({ author }) => author.id === this.room.botId);
  }

  /** What only the user sees in the channel, oldest first. */
  ephemerals(): Promise<Shown[]> {
    return discord.world.ephemerals(this.room.userId);
  }

  /** What the agent has written to the user alone, oldest first. */
  async direct(): Promise<Shown[]> {
    const { id } = await discord.world.openDm(this.room.userId);
    return this.posted(id);
  }

  /** Waits for something in the channel that `matches`. */
  async shows(matches: RegExp): Promise<Shown[]> {
    return until(
      async () => [...(await this.posted()), ...(await this.ephemerals())],
      (shown) => shown.some(({ content }) => matches.test(content)),
    );
  }

  /** `METHOD path` of the requests about it: those with its token, with what it is for, and those in its channels. */
  async requests(): Promise<string[]> {
    const { requests } = await discord.report();
    const { token, channelId = "" } = this.target;
    return requests
      .filter(({ path }) => path.includes(token) || path.includes(channelId))
      .map(({ method, path }) => {
        const short = path
          .replace(`/webhooks/${this.room.botId}/${token}`, "token")
          .replaceAll(channelId, ":channel");
        return `${method} ${short.replace(/\d{15,}/g, ":id")}`;
      });
  }
}
