/** A fake Discord with somebody in it, and a bot that speaks plain HTTP. */
import { onTestFinished } from "vitest";
import { type FakeDiscordOptions, startFakeDiscord } from "../../support/discord/fake-discord.ts";

/** Headers of a bot, as Discord asks for them. */
export function botHeaders(token: string): Record<string, string> {
  return { authorization: `Bot ${token}`, "user-agent": "DiscordBot (https://example.com/rig, 1.0.0)" };
}

/** Ends with the test. */
export async function startSetting(options: FakeDiscordOptions = {}) {
  const discord = await startFakeDiscord(options);
  onTestFinished(() => discord.close());
  const { world } = discord;
  const guild = world.createGuild("Home");
  const channel = world.createChannel(guild.id, "general");
  const mia = world.createUser({ username: "mia", globalName: "Mia" });
  world.join(guild.id, mia.id);

  /** One request as the bot. */
  function send(method: string, path: string, body?: unknown): Promise<Response> {
    const isForm = body instanceof FormData;
    return fetch(discord.restUrl + path, {
      method,
      headers: {
        ...botHeaders(discord.token),
        ...(body === undefined || isForm ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    });
  }

  /** The same, with its answer read. */
  async function call<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; headers: Headers; body: T }> {
    const response = await send(method, path, body);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === "" ? undefined : JSON.parse(text)) as T,
    };
  }

  return {
    discord,
    world,
    guild,
    channel,
    mia,
    send,
    call,
    messagesPath: `/channels/${channel.id}/messages`,
  };
}
