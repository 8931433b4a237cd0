import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  missingFrom,
  PERMISSIONS,
  type Permission,
  permissionsIn,
} from "../../../shared/discord/permissions.ts";

const GUILD = "1";
const BOT = "20";
const NOW = Date.UTC(2026, 0, 1);

const bits = (...names: Permission[]) => String(names.reduce((sum, name) => sum | PERMISSIONS[name], 0n));
const role = (id: string, ...names: Permission[]) => ({ id, permissions: bits(...names) });
const guild = (...roles: { id: string; permissions: string }[]) => ({ id: GUILD, owner_id: "10", roles });
const allowed = (id: string, ...names: Permission[]) => ({ id, allow: bits(...names), deny: "0" });
const denied = (id: string, ...names: Permission[]) => ({ id, allow: "0", deny: bits(...names) });

/** What the bot may do of what this file is about, with roles 2 and 3. */
function held(
  ...[server, overwrites = [], member = {}]: [
    Parameters<typeof permissionsIn>[0],
    Parameters<typeof permissionsIn>[2]?,
    { communication_disabled_until?: string }?,
  ]
) {
  const permissions = permissionsIn(server, { userId: BOT, roles: ["2", "3"], ...member }, overwrites, NOW);
  const names: Permission[] = ["VIEW_CHANNEL", "SEND_MESSAGES", "ATTACH_FILES", "READ_MESSAGE_HISTORY"];
  const missing = missingFrom(permissions, names);
  return names.filter((name) => !missing.includes(name));
}

const everyone = role(GUILD, "VIEW_CHANNEL", "SEND_MESSAGES");

describe("what a member may do in a channel", () => {
  it("is what everyone and their roles may, added up", () => {
    const server = guild(everyone, role("2", "ATTACH_FILES"), role("9", "READ_MESSAGE_HISTORY"));
    expect(held(server)).toEqual(["VIEW_CHANNEL", "SEND_MESSAGES", "ATTACH_FILES"]);
  });

  it("is everything for the owner and for administrators, whatever the channel denies", () => {
    const all = ["VIEW_CHANNEL", "SEND_MESSAGES", "ATTACH_FILES", "READ_MESSAGE_HISTORY"];
    expect(held({ ...guild(), owner_id: BOT }, [denied(BOT, "VIEW_CHANNEL")])).toEqual(all);
    expect(held(guild(role("2", "ADMINISTRATOR")), [denied(GUILD, "VIEW_CHANNEL")])).toEqual(all);
  });

  it("follows the overwrites: everyone's, then the roles', then their own", () => {
    const server = guild(everyone);
    expect(held(server, [denied(GUILD, "SEND_MESSAGES")])).toEqual(["VIEW_CHANNEL"]);
    expect(held(server, [allowed("2", "SEND_MESSAGES"), denied(GUILD, "SEND_MESSAGES")])).toEqual([
      "VIEW_CHANNEL",
      "SEND_MESSAGES",
    ]);
    expect(held(server, [denied(BOT, "SEND_MESSAGES"), allowed("2", "SEND_MESSAGES")])).toEqual([
      "VIEW_CHANNEL",
    ]);
  });

  it("lets one role allow what another denies, however they are ordered", () => {
    const overwrites = [allowed("2", "VIEW_CHANNEL"), denied("3", "VIEW_CHANNEL")];
    expect(held(guild(everyone), overwrites)).toEqual(["VIEW_CHANNEL", "SEND_MESSAGES"]);
    expect(held(guild(everyone), overwrites.toReversed())).toEqual(["VIEW_CHANNEL", "SEND_MESSAGES"]);
  });

  it("ignores overwrites for roles and members that are others", () => {
    expect(held(guild(everyone), [denied("9", "VIEW_CHANNEL"), denied("21", "VIEW_CHANNEL")])).toEqual([
      "VIEW_CHANNEL",
      "SEND_MESSAGES",
    ]);
  });

  it("is nothing where they cannot see the channel, and no file where they cannot write", () => {
    const server = guild(
      role(GUILD, "VIEW_CHANNEL", "SEND_MESSAGES", "ATTACH_FILES", "READ_MESSAGE_HISTORY"),
    );
    expect(held(server, [denied("2", "VIEW_CHANNEL")])).toEqual([]);
    expect(held(server, [denied("2", "SEND_MESSAGES")])).toEqual(["VIEW_CHANNEL", "READ_MESSAGE_HISTORY"]);
  });

  it("is reading alone while a moderator has silenced them", () => {
    const server = guild(role(GUILD, "VIEW_CHANNEL", "SEND_MESSAGES", "READ_MESSAGE_HISTORY"));
    const until = (ms: number) => ({ communication_disabled_until: new Date(ms).toISOString() });
    expect(held(server, [], until(NOW + 1))).toEqual(["VIEW_CHANNEL", "READ_MESSAGE_HISTORY"]);
    expect(held(server, [], until(NOW))).toEqual(["VIEW_CHANNEL", "SEND_MESSAGES", "READ_MESSAGE_HISTORY"]);
  });

  it("depends on no order of roles and overwrites", () => {
    const set = fc
      .bigInt({ min: 0n, max: (1n << 40n) - 1n })
      .map((each) => String(each & ~PERMISSIONS.ADMINISTRATOR));
    const id = fc.constantFrom(GUILD, "2", "3", "9", BOT);
    const byId = { selector: ({ id }: { id: string }) => id };
    const roles = fc.uniqueArray(fc.record({ id, permissions: set }), byId);
    const overwrites = fc.uniqueArray(fc.record({ id, allow: set, deny: set }), byId);
    const member = { userId: BOT, roles: ["2", "3"] };
    fc.assert(
      fc.property(roles, overwrites, (roles, overwrites) => {
        const forth = permissionsIn(guild(...roles), member, overwrites, NOW);
        expect(permissionsIn(guild(...roles.toReversed()), member, overwrites.toReversed(), NOW)).toBe(forth);
      }),
    );
  });
});
