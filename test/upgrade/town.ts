/** A server of the fake Discord with somebody on it, and the agents' gateways. */
import { shownControlIds } from "../../shared/discord/components.ts";
import { applicationCommands } from "../../shared/interaction/definitions.ts";
import type { FakeDiscord } from "../support/discord/fake-discord.ts";
import type { InteractionView } from "../support/discord/interactions/state.ts";
import { agents } from "./agents.ts";
import { Bridge, type Doors } from "./doors.ts";
import type { DiscordEntry } from "./fixture.ts";
import { until } from "./stage.ts";

export const BY_HAND = { via: "hand" } as const;

/** A message of the bot. */
export interface BotMessage {
  id: string;
  content: string;
  /** Custom ids of what can be pressed under it. */
  controls: string[];
}

export class Town {
  readonly discord: FakeDiscord;
  readonly place: DiscordEntry;

  constructor(discord: FakeDiscord, place: DiscordEntry) {
    this.discord = discord;
    this.place = place;
  }

  /** Founds it: one channel for each of these names. */
  static found(discord: FakeDiscord, names: readonly string[]): Town {
    const { world } = discord;
    const { id: guildId } = world.createGuild("Town");
    const { id: userId } = world.createUser({ username: "mia", globalName: "Mia" });
    world.join(guildId, userId);
    const channels = Object.fromEntries(names.map((name) => [name, world.createChannel(guildId, name).id]));
    return new Town(discord, { guildId, userId, channels, sessions: {}, userThread: "" });
  }

  /** Registers the commands of an agent; the fake forgets them when it is closed. */
  registerCommands(id: string): void {
    const agent = agents.get(id);
    if (!agent) throw new Error(`no agent ${id}`);
    const { guildId } = this.place;
    this.discord.world.setCommands(applicationCommands(agent.character, { kind: "guild", guildId }), guildId);
  }

  channel(name: string): string {
    const id = this.place.channels[name];
    if (id === undefined) throw new Error(`there is no channel ${name}`);
    return id;
  }

  /** The READY and the guilds of a new session. */
  beginning(sessionId: string): { t: string; d: unknown }[] {
    const { world } = this.discord;
    const all = world.channels(this.place.guildId);
    const isThread = ({ type }: { type: number }) => type === 11;
    const guild = {
      ...{ id: this.place.guildId, joined_at: "2020-01-01T00:00:00Z" },
      ...{ channels: all.filter((each) => !isThread(each)), threads: all.filter(isThread) },
    };
    return [
      { t: "READY", d: { user: { id: world.bot().id }, session_id: sessionId } },
      { t: "GUILD_CREATE", d: guild },
    ];
  }

  /** Begins a session of an agent's gateway that knows nothing of what came before. */
  async connect(doors: Doors, agent: string, sessionId: string): Promise<Bridge> {
    const bridge = new Bridge(doors, agent, { id: sessionId, seq: 0 });
    await bridge.lease();
    await bridge.deliver(...this.beginning(sessionId));
    return bridge;
  }

  /** Mia writes, and nobody is told yet. @returns the event that tells of it. */
  write(channelId: string, text: string): { t: string; d: { id: string } } {
    return this.#told(channelId, this.discord.world.say(channelId, this.place.userId, text));
  }

  /** What Mia has written in a channel and its threads, told once more. */
  written(channelId: string): { t: string; d: { id: string } }[] {
    const { world } = this.discord;
    const places = [channelId, ...world.threads(channelId).map(({ id }) => id)];
    return places.flatMap((place) =>
      world
        .messages(place)
        .filter(({ author, type }) => author.id === this.place.userId && type === 0)
        .map((message) => this.#told(place, message)),
    );
  }

  #told(channelId: string, message: { id: string }): { t: string; d: { id: string } } {
    const inGuild = this.discord.world.channel(channelId).type === 1 ? {} : { guild_id: this.place.guildId };
    return { t: "MESSAGE_CREATE", d: Object.assign(message, inGuild, { member: { roles: [] } }) };
  }

  /** Mia writes, and the gateway tells of it. @returns the message's id. */
  async say(bridge: Bridge, channelId: string, text: string): Promise<string> {
    const event = this.write(channelId, text);
    await bridge.deliver(event);
    return event.d.id;
  }

  /** What the bot shows in a place, oldest first. `user`: what only they see there. */
  shown(channelId: string, user?: string): BotMessage[] {
    const { world } = this.discord;
    let messages: ReturnType<typeof world.messages>;
    try {
      messages = user === undefined ? world.messages(channelId) : world.ephemerals(user);
    } catch {
      // A thread that is not there yet.
      return [];
    }
    return messages
      .filter(
        ({ author, type, channel_id }) =>
          author.id === world.bot().id && type !== 21 && channel_id === channelId,
      )
      .map(({ id, content, components = [] }) => ({ id, content, controls: shownControlIds(components) }));
  }

  /** Waits for a message of the bot's under which something can be pressed. */
  offered(channelId: string, action: string, user?: string): Promise<BotMessage & { customId: string }> {
    return until(`${action} in ${channelId}`, () => {
      for (const message of this.shown(channelId, user)) {
        const customId = message.controls.find((id) => id.startsWith(`1:${action}:`));
        if (customId !== undefined) return { ...message, customId };
      }
      return undefined;
    });
  }

  /** Mia presses a button. */
  async press(
    doors: Doors,
    agent: string,
    { channelId, messageId, customId }: { channelId: string; messageId: string; customId: string },
  ): Promise<InteractionView> {
    const { world } = this.discord;
    const pressed = { type: 3, data: { component_type: 2, custom_id: customId }, messageId };
    const view = await world.interact(channelId, this.place.userId, pressed, BY_HAND);
    return doors.interact(agent, world, view);
  }

  /** Somebody asks by `/ask`. */
  async ask(
    doors: Doors,
    agent: string,
    { channelId, userId = this.place.userId }: { channelId: string; userId?: string },
    values: { prompt: string; private?: boolean },
  ): Promise<InteractionView> {
    const { world } = this.discord;
    const view = await world.slash(channelId, userId, "ask", values, BY_HAND);
    return doors.interact(agent, world, view);
  }
}
