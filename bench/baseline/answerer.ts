/**
 * The least that can answer Discord and lose nothing: an object for each channel, which stores a message (a commit), asks the
 * model (a fetch), stores the answer (a commit) and posts it (a fetch). It speaks the gateway's bridge, so that the road there is
 * the product's; it checks no signature, gives its lease to anybody, and knows no limit before it is told of one.
 */
import { DurableObject } from "cloudflare:workers";
import { Hono } from "hono";
import type { Acknowledgement, EventBatch, LeaseGrant } from "../../shared/bridge/protocol.ts";

interface Env {
  ANSWERER: DurableObjectNamespace<Answerer>;
  ANTHROPIC_API_KEY: string;
  ANTHROPIC_BASE_URL: string;
  DISCORD_API_BASE_URL: string;
  DISCORD_BOT_TOKEN: string;
}

/** What is read of a MESSAGE_CREATE. */
interface Message {
  id: string;
  channel_id: string;
  content: string;
  author: { bot?: boolean };
}

const TTL_SECONDS = 10;
/** GUILDS, GUILD_MESSAGES and MESSAGE_CONTENT ("Gateway Intents"). */
const INTENTS = (1 << 0) | (1 << 9) | (1 << 15);

export class Answerer extends DurableObject<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS messages (id TEXT PRIMARY KEY, content TEXT, answer TEXT)",
    );
  }

  accept({ id, channel_id, content }: Message): void {
    this.ctx.storage.sql.exec("INSERT INTO messages VALUES (?, ?, NULL)", id, content);
    this.ctx.waitUntil(this.#answer(id, channel_id, content));
  }

  async #answer(id: string, channelId: string, content: string): Promise<void> {
    const answer = await this.#askModel(content);
    this.ctx.storage.sql.exec("UPDATE messages SET answer = ? WHERE id = ?", answer, id);
    await this.#post(channelId, answer);
  }

  async #askModel(content: string): Promise<string> {
    const response = await fetch(`${this.env.ANTHROPIC_BASE_URL}/v1/messages`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "anthropic-version": "2023-06-01",
        "x-api-key": this.env.ANTHROPIC_API_KEY,
      },
      body: JSON.stringify({
        model: "claude-sonnet-5-5",
        max_tokens: 1_000,
        stream: true,
        messages: [{ role: "user", content }],
      }),
    });
    const events = await response.text();
    return [...events.matchAll(/"text_delta","text":("(?:[^"\\]|\\.)*")/g)]
      .map(([, text]) => JSON.parse(text ?? '""') as string)
      .join("");
  }

  /** Posts until it is posted; what is refused goes again when Discord says, or a second later. */
  async #post(channelId: string, content: string): Promise<void> {
    for (;;) {
      const response = await fetch(`${this.env.DISCORD_API_BASE_URL}/channels/${channelId}/messages`, {
        method: "POST",
        headers: {
          authorization: `Bot ${this.env.DISCORD_BOT_TOKEN}`,
          "content-type": "application/json",
          "user-agent": "DiscordBot (https://example.com, 1.0.0)",
        },
        body: JSON.stringify({ content, allowed_mentions: { parse: [] } }),
      }).catch(() => null);
      await response?.arrayBuffer().catch(() => null);
      if (response?.ok) return;
      await scheduler.wait(Number(response?.headers.get("retry-after") ?? 1) * 1_000);
    }
  }
}

const app = new Hono<{ Bindings: Env }>().basePath("/agents/:agent/gateway");
app.post("/lease", (c) =>
  c.json({
    epoch: 1,
    ttlSeconds: TTL_SECONDS,
    resume: null,
    intents: INTENTS,
    forward: ["READY", "MESSAGE_CREATE"],
  } satisfies LeaseGrant),
);
app.post("/events", async (c) => {
  const { events } = await c.req.json<EventBatch>();
  const messages = events.flatMap(({ t, d }) => (t === "MESSAGE_CREATE" ? [d as Message] : []));
  const asked = messages.filter(({ author }) => author.bot !== true);
  await Promise.all(asked.map((message) => c.env.ANSWERER.getByName(message.channel_id).accept(message)));
  return c.json({
    acked: events.at(-1)?.s ?? null,
    ttlSeconds: TTL_SECONDS,
  } satisfies Acknowledgement);
});
app.post("/release", (c) => c.json({}));

export default app;
