/**
 * Makes events smaller before they leave the gateway: a guild arrives with everything that Discord's clients show, of
 * which the Worker needs channels and threads; and what is too large for any request is cut to an outline.
 */
import { isRecord } from "./payload.ts";

/** The data of an event, without what nobody behind the bridge reads. Events without a rule pass as they are. */
export function trimEvent(t: string, d: unknown): unknown {
  if (!isRecord(d)) return d;
  if (t === "GUILD_CREATE") return trimGuild(d);
  if (t === "READY") return trimReady(d);
  return d;
}

/**
 * What is left of an event that no request can carry: its plain values, and those of the objects in it, texts cut to
 * 4,000 characters. Lists go.
 */
export function outlineEvent(d: unknown): unknown {
  if (!isRecord(d)) return null;
  const nested = Object.entries(d)
    .filter(([, value]) => isRecord(value))
    .map(([key, value]) => [key, plainValues(value)]);
  return { ...plainValues(d), ...Object.fromEntries(nested) };
}

const channelFields = ["id", "type", "name", "parent_id", "last_message_id"];
const threadFields = [...channelFields, "thread_metadata", "owner_id"];

function trimGuild(guild: Record<string, unknown>) {
  return {
    ...pick(guild, ["id", "name", "unavailable", "joined_at"]),
    channels: pickEach(guild.channels, channelFields),
    threads: pickEach(guild.threads, threadFields),
  };
}

function trimReady(ready: Record<string, unknown>) {
  return {
    ...pick(ready, ["v", "session_id", "resume_gateway_url", "shard"]),
    user: pickFrom(ready.user, ["id", "username"]),
    guilds: pickEach(ready.guilds, ["id", "unavailable"]),
    application: pickFrom(ready.application, ["id", "flags"]),
  };
}

function pick(source: Record<string, unknown>, fields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    fields.filter((field) => Object.hasOwn(source, field)).map((field) => [field, source[field]]),
  );
}

function pickFrom(source: unknown, fields: readonly string[]): Record<string, unknown> {
  return isRecord(source) ? pick(source, fields) : {};
}

function pickEach(list: unknown, fields: readonly string[]): Record<string, unknown>[] {
  return Array.isArray(list) ? list.filter(isRecord).map((item) => pick(item, fields)) : [];
}

const longestText = 4_000;

function plainValues(source: unknown): Record<string, unknown> {
  if (!isRecord(source)) return {};
  return Object.fromEntries(
    Object.entries(source)
      .filter(([, value]) => value === null || typeof value !== "object")
      .map(([key, value]) => [key, typeof value === "string" ? value.slice(0, longestText) : value]),
  );
}
