/** Whom a message pings: what its text names, as far as `allowed_mentions` lets it ("Allowed Mentions Object"). */
import type { APIAllowedMentions } from "discord-api-types/v10";

/** What a mention may stand for here. */
export interface Mentionable {
  isUser(id: string): boolean;
  isRole(id: string): boolean;
}

export interface Mentions {
  users: string[];
  roles: string[];
  everyone: boolean;
}

/**
 * @param allowed without it everything that is named is pinged
 * @param repliedTo author of the message that is answered
 */
export function resolveMentions(
  content: string,
  allowed: APIAllowedMentions | undefined,
  repliedTo: string | null,
  known: Mentionable,
): Mentions {
  const named = {
    users: idsIn(content, /<@!?(\d+)>/g).filter((id) => known.isUser(id)),
    roles: idsIn(content, /<@&(\d+)>/g).filter((id) => known.isRole(id)),
    everyone: /@(everyone|here)\b/.test(content),
  };
  const pingsReplied = repliedTo !== null && (allowed === undefined || allowed.replied_user === true);
  const permits = (kind: "users" | "roles", id: string) =>
    allowed === undefined ||
    (allowed.parse?.some((type) => type === kind) ?? false) ||
    (allowed[kind]?.includes(id) ?? false);
  const users = named.users.filter((id) => permits("users", id));
  return {
    users: [...new Set(pingsReplied ? [...users, repliedTo] : users)],
    roles: named.roles.filter((id) => permits("roles", id)),
    everyone:
      named.everyone &&
      (allowed === undefined || (allowed.parse?.some((type) => type === "everyone") ?? false)),
  };
}

function idsIn(content: string, pattern: RegExp): string[] {
  return [...new Set([...content.matchAll(pattern)].flatMap(([, id]) => id ?? []))];
}
