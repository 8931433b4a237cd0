/** What a member may do in a channel (Discord, "Permissions"). Pure arithmetic on what Discord's API tells. */

/** Bits of Discord's permissions, those that are used here. */
export const PERMISSIONS = {
  ADMINISTRATOR: 1n << 3n,
  MANAGE_GUILD: 1n << 5n,
  ADD_REACTIONS: 1n << 6n,
  VIEW_CHANNEL: 1n << 10n,
  SEND_MESSAGES: 1n << 11n,
  EMBED_LINKS: 1n << 14n,
  ATTACH_FILES: 1n << 15n,
  READ_MESSAGE_HISTORY: 1n << 16n,
  MENTION_EVERYONE: 1n << 17n,
  MANAGE_THREADS: 1n << 34n,
  CREATE_PUBLIC_THREADS: 1n << 35n,
  SEND_MESSAGES_IN_THREADS: 1n << 38n,
} as const;

/** A permission by Discord's name for it. */
export type Permission = keyof typeof PERMISSIONS;

/** SEND_TTS_MESSAGES, which is only ever taken away here. */
const SEND_TTS_MESSAGES = 1n << 12n;

/** More bits than Discord has given a meaning so far. */
const ALL = (1n << 64n) - 1n;

/** The part of a guild that decides. Sets of permissions are decimal numbers, as everywhere in Discord's API. */
export interface GuildPermissions {
  id: string;
  owner_id: string;
  roles: readonly { id: string; permissions: string }[];
}

/** A member. `communication_disabled_until`: ISO 8601, while a moderator has silenced them. */
export interface PermittedMember {
  userId: string;
  roles: readonly string[];
  communication_disabled_until?: string | null | undefined;
}

/** `id`: of the role or the member. */
export interface PermissionOverwrite {
  id: string;
  allow: string;
  deny: string;
}

/**
 * All that a member may do in a channel; for a thread, `overwrites` are those of the channel above it.
 *
 * @param now Unix milliseconds.
 * @returns the bits, without those that Discord ignores for what else is denied ("Implicit Permissions").
 */
export function permissionsIn(
  guild: GuildPermissions,
  member: PermittedMember,
  overwrites: readonly PermissionOverwrite[],
  now: number,
): bigint {
  const base = basePermissions(guild, member);
  if (base === ALL) return ALL;
  const applied = applyOverwrites(base, guild, member, overwrites);
  return whileSilenced(withoutImplied(applied), member, now);
}

/** Those of some permissions that are missing, by name. */
export function missingFrom(permissions: bigint, wanted: readonly Permission[]): Permission[] {
  return wanted.filter((name) => (permissions & PERMISSIONS[name]) === 0n);
}

function basePermissions({ id, owner_id, roles }: GuildPermissions, member: PermittedMember): bigint {
  if (owner_id === member.userId) return ALL;
  // The role of everyone has the guild's id.
  const own = roles.filter((role) => role.id === id || member.roles.includes(role.id));
  const permissions = own.reduce((bits, role) => bits | BigInt(role.permissions), 0n);
  return permissions & PERMISSIONS.ADMINISTRATOR ? ALL : permissions;
}

/** Everyone's first, then those of all roles together, then the member's; in each what is allowed wins. */
function applyOverwrites(
  base: bigint,
  { id: everyone }: GuildPermissions,
  { userId, roles }: PermittedMember,
  overwrites: readonly PermissionOverwrite[],
): bigint {
  const ofRoles = overwrites.filter(({ id }) => id !== everyone && roles.includes(id));
  const steps = [
    overwrites.filter(({ id }) => id === everyone),
    ofRoles,
    overwrites.filter(({ id }) => id === userId),
  ];
  return steps.reduce((permissions, step) => {
    const deny = step.reduce((bits, each) => bits | BigInt(each.deny), 0n);
    const allow = step.reduce((bits, each) => bits | BigInt(each.allow), 0n);
    return (permissions & ~deny) | allow;
  }, base);
}

function withoutImplied(permissions: bigint): bigint {
  if ((permissions & PERMISSIONS.VIEW_CHANNEL) === 0n) return 0n;
  if (permissions & PERMISSIONS.SEND_MESSAGES) return permissions;
  const { MENTION_EVERYONE, ATTACH_FILES, EMBED_LINKS } = PERMISSIONS;
  return permissions & ~(MENTION_EVERYONE | ATTACH_FILES | EMBED_LINKS | SEND_TTS_MESSAGES);
}

/** Who is silenced only reads ("Permissions For Timed Out Members"). */
function whileSilenced(permissions: bigint, member: PermittedMember, now: number): bigint {
  const until = member.communication_disabled_until;
  if (!until || Date.parse(until) <= now) return permissions;
  return permissions & (PERMISSIONS.VIEW_CHANNEL | PERMISSIONS.READ_MESSAGE_HISTORY);
}
