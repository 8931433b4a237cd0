/** The permissions that can be taken from the bot in a channel, by Discord's names. */
export const PERMISSION_BITS = {
  ADD_REACTIONS: 1n << 6n,
  VIEW_CHANNEL: 1n << 10n,
  SEND_MESSAGES: 1n << 11n,
  EMBED_LINKS: 1n << 14n,
  ATTACH_FILES: 1n << 15n,
  READ_MESSAGE_HISTORY: 1n << 16n,
  MANAGE_THREADS: 1n << 34n,
  CREATE_PUBLIC_THREADS: 1n << 35n,
  SEND_MESSAGES_IN_THREADS: 1n << 38n,
} as const;

export type Permission = keyof typeof PERMISSION_BITS;

/** The bits of some permissions, as Discord writes them. */
export function bitsOf(permissions: Iterable<Permission>): string {
  let bits = 0n;
  for (const permission of permissions) bits |= PERMISSION_BITS[permission];
  return bits.toString();
}

/** What the bot may do where some permissions are taken from it. */
export function appPermissions(denied: ReadonlySet<Permission>): string {
  const names = Object.keys(PERMISSION_BITS) as Permission[];
  return bitsOf(names.filter((name) => !denied.has(name)));
}

/** Every bit of the table. */
export const ALL_PERMISSIONS = bitsOf(Object.keys(PERMISSION_BITS) as Permission[]);
