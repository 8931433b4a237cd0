/** A fake Discord with an application that has commands, and an endpoint for its interactions. */
import { startEndpoint } from "./endpoint.ts";
import { botHeaders, startSetting } from "./setting.ts";

/** The path of an interaction's first answer, below its token. */
export const original = "/messages/@original";

const ask = {
  name: "ask",
  description: "Ask",
  options: [
    { type: 3, name: "question", description: "What", required: true },
    { type: 11, name: "file", description: "A file" },
    { type: 6, name: "whom", description: "Somebody" },
  ],
};
const memory = {
  name: "memory",
  description: "Memory",
  options: [
    {
      type: 1,
      name: "forget",
      description: "Forget",
      options: [{ type: 3, name: "fact", description: "Which", autocomplete: true }],
    },
  ],
};

/** A setting whose application has commands and an endpoint. Answers are awaited for half a second. */
export async function startInteractive(options: Parameters<typeof startSetting>[0] = {}) {
  const setting = await startSetting({ interactionDeadlineMs: 500, ...options });
  const { discord, world } = setting;
  const endpoint = await startEndpoint(world.publicKey());
  world.setInteractionsEndpoint(endpoint.url);
  world.setCommands([
    ask,
    memory,
    { type: 2, name: "Who" },
    { type: 3, name: "Ask rig" },
    { type: 4, name: "launch", handler: 1 },
  ]);

  /** A request without the bot's token. */
  async function bare<T>(method: string, path: string, body?: unknown) {
    const { "user-agent": userAgent = "" } = botHeaders("");
    const response = await fetch(discord.restUrl + path, {
      method,
      headers: { "user-agent": userAgent, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === "" ? undefined : JSON.parse(text)) as T };
  }

  /** A request by an interaction's token. */
  const token = (method: string, interaction: { token: string }, path = "", body?: unknown) =>
    bare<{ id: string; content: string; flags: number; code: number }>(
      method,
      `/webhooks/${world.bot().id}/${interaction.token}${path}`,
      body,
    );

  /** Answers an interaction over REST. */
  const callback = (interaction: { id: string; token: string }, answer: unknown, query = "") =>
    bare<Record<string, unknown>>(
      "POST",
      `/interactions/${interaction.id}/${interaction.token}/callback${query}`,
      answer,
    );

  return { ...setting, endpoint, token, callback };
}
