/** What there is to say of the channels that a character lists: whether the bot can do there what it has to. */
import { missingFrom, type Permission } from "../../shared/discord/permissions.ts";
import type { DiscordSettings } from "../../shared/discord/settings.ts";
import { type Finding, note, ok, wrong } from "./finding.ts";

/** One channel of `discord.channels`, `entry` as it stands there. */
export type ListedChannel =
  | { kind: "found"; entry: string; name: string; guild: string; permissions: bigint }
  /** There is none, or none that the bot's servers have. */
  | { kind: "absent"; entry: string }
  /** It is there, and Discord tells the bot nothing of it. */
  | { kind: "hidden"; entry: string }
  | { kind: "failed"; entry: string; message: string };

/** Permissions by the names that people read in Discord's settings. */
const LABELS: Readonly<Record<Permission, string>> = {
  ADMINISTRATOR: "Administrator",
  MANAGE_GUILD: "Manage Server",
  ADD_REACTIONS: "Add Reactions",
  VIEW_CHANNEL: "View Channel",
  SEND_MESSAGES: "Send Messages",
  EMBED_LINKS: "Embed Links",
  ATTACH_FILES: "Attach Files",
  READ_MESSAGE_HISTORY: "Read Message History",
  MENTION_EVERYONE: "Mention Everyone",
  MANAGE_THREADS: "Manage Threads",
  CREATE_PUBLIC_THREADS: "Create Public Threads",
  SEND_MESSAGES_IN_THREADS: "Send Messages in Threads",
};

/** What an agent does in a channel it listens in. */
export function neededPermissions({ threadMode, reactions }: DiscordSettings): Permission[] {
  return [
    "VIEW_CHANNEL",
    "SEND_MESSAGES",
    "SEND_MESSAGES_IN_THREADS",
    "READ_MESSAGE_HISTORY",
    "ATTACH_FILES",
    ...(threadMode === "none" ? [] : (["CREATE_PUBLIC_THREADS"] as const)),
    ...(reactions.enabled ? (["ADD_REACTIONS"] as const) : []),
  ];
}

export function channelFindings(settings: DiscordSettings, channels: readonly ListedChannel[]): Finding[] {
  if (channels.length === 0)
    return [
      note("channels", `none is listed: messages are answered ${settings.dm ? "in DMs only" : "nowhere"}`),
    ];
  return channels.map((channel) => findingOf(channel, neededPermissions(settings)));
}

function findingOf(channel: ListedChannel, needed: readonly Permission[]): Finding {
  const about = "channel";
  const { entry } = channel;
  switch (channel.kind) {
    case "found": {
      const name = `#${channel.name} on ${channel.guild}`;
      const missing = missingFrom(channel.permissions, needed).map((permission) => LABELS[permission]);
      if (missing.length === 0) return ok(about, `${name}: all permissions that are needed`);
      const todo = "the channel's settings → Permissions → the bot's role";
      return wrong(
        about,
        `${name}: ${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing`,
        todo,
      );
    }
    case "hidden":
      return wrong(
        about,
        `${entry}: the bot does not see it`,
        "the channel's settings → Permissions → View Channel",
      );
    case "absent":
      return wrong(
        about,
        `${entry}: no server of the bot has such a channel`,
        "invite the bot to that server, or correct discord.channels",
      );
    case "failed":
      return note(about, `${entry}: ${channel.message}`);
    default:
      return channel satisfies never;
  }
}
