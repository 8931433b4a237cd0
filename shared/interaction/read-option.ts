/** Reads the options of a slash command (Discord, "Application Command Option Type"). */
import * as z from "zod";
import { displayName, readUploadedFile } from "../discord/inbound-event.ts";
import type { Reading } from "../discord/reading.ts";
import type { OptionValue } from "./interaction.ts";
import type { Resolved } from "./resolved.ts";

const SUB_COMMAND = 1;
const SUB_COMMAND_GROUP = 2;

/** An option as Discord sends it. */
export const givenOption = z.object({
  name: z.string(),
  type: z.int(),
  value: z.union([z.string(), z.number(), z.boolean()]).nullish(),
  focused: z.boolean().nullish().catch(undefined),
  get options() {
    return z.array(givenOption).nullish();
  },
});
/** @see givenOption */
export type GivenOption = z.infer<typeof givenOption>;

/** Whether an option is a subcommand, or a group of those. */
export function isGroup({ type }: GivenOption): boolean {
  return type === SUB_COMMAND || type === SUB_COMMAND_GROUP;
}

/** @returns `null` as the value for an option of no known type, and for a file without a usable address. */
export function readOptionValue(
  { type, value }: GivenOption,
  resolved: Resolved,
): Reading<OptionValue | null> {
  switch (type) {
    case 3:
      return typeof value === "string" ? { value: { type: "string", value } } : expected("a text");
    case 4:
    case 10:
      return typeof value === "number" ? { value: { type: "number", value } } : expected("a number");
    case 5:
      return typeof value === "boolean" ? { value: { type: "boolean", value } } : expected("true or false");
    case 6:
      return found(userOption(String(value), resolved), "users");
    case 7:
      return found(channelOption(String(value), resolved), "channels");
    case 8:
      return found(roleOption(String(value), resolved), "roles");
    case 9:
      return found(userOption(String(value), resolved) ?? roleOption(String(value), resolved), "users");
    case 11: {
      const uploaded = resolved.attachments[String(value)];
      if (!uploaded) return expected("its file in data.resolved.attachments");
      const [file] = readUploadedFile(uploaded);
      return { value: file ? { type: "attachment", file } : null };
    }
    default:
      return { value: null };
  }
}

function expected(what: string): { problem: string } {
  return { problem: `expected ${what}` };
}

function found(value: OptionValue | undefined, kind: keyof Resolved): Reading<OptionValue> {
  return value ? { value } : expected(`what it stands for in data.resolved.${kind}`);
}

function userOption(id: string, { users, members }: Resolved): OptionValue | undefined {
  const author = users[id];
  return author && { type: "user", id, name: displayName({ author, member: members[id] ?? null }) };
}

function channelOption(id: string, { channels }: Resolved): OptionValue | undefined {
  const channel = channels[id];
  return channel && { type: "channel", id, name: channel.name ?? id };
}

function roleOption(id: string, { roles }: Resolved): OptionValue | undefined {
  const role = roles[id];
  return role && { type: "role", id, name: role.name };
}
