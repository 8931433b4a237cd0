/**
 * Reads interactions, as they come over HTTP and over the Gateway alike (Discord, "Receiving and Responding"). What Discord
 * adds is passed over; what nobody needs may be absent or make no sense.
 */
import * as z from "zod";
import { displayName, readUploadedFile } from "../discord/inbound-event.ts";
import { member, user } from "../discord/read-message.ts";
import { listOf, type Reading, readAs, snowflake } from "../discord/reading.ts";
import type { Attachment } from "../session/attachment.ts";
import type {
  ComponentInteraction,
  Happening,
  Interaction,
  InteractionPlace,
  InteractionUser,
  OptionValue,
  TargetMessage,
} from "./interaction.ts";
import { type GivenOption, givenOption, isGroup, readOptionValue } from "./read-option.ts";
import { type Resolved, resolved } from "./resolved.ts";

const PING = 1;
const ping = z.object({ application_id: snowflake.nullish() });

const happening = z.object({
  id: snowflake,
  application_id: snowflake,
  type: z.int("expected a whole number"),
  token: z.string().min(1, "expected a token"),
  guild_id: snowflake.nullish(),
  channel: z.object({ id: snowflake, type: z.int() }).nullish(),
  channel_id: snowflake.nullish(),
  member: member
    .extend({
      user,
      permissions: z.string().regex(/^\d+$/, "expected a number of permission bits").nullish(),
    })
    .nullish(),
  user: user.nullish(),
  context: z.int().nullish(),
  authorizing_integration_owners: z.unknown().optional(),
  data: z.unknown().optional(),
});
type RawHappening = z.infer<typeof happening>;

const command = z.object({
  name: z.string(),
  type: z.int(),
  options: listOf(givenOption),
  target_id: snowflake.nullish(),
  resolved,
});

const component = z.object({
  custom_id: z.string(),
  component_type: z.int(),
  values: listOf(z.string()),
});

/** A field of a form: a text, or the ids of files. */
const field = z.object({
  custom_id: z.string().nullish(),
  value: z.unknown().optional(),
  values: listOf(z.string()),
});
const modal = z.object({
  custom_id: z.string(),
  components: z.array(z.object({ component: field.nullish(), components: listOf(field) })),
  resolved,
});

const withCommand = z.object({ data: command });
const withComponent = z.object({ data: component });
const withModal = z.object({ data: modal });

/** Where it was done, and what somebody has typed or chosen: half of that would be something else. */
const NEEDED = ["guild_id", "data.options", "data.values", "data.components"];

/** Reads an interaction. @param data the request's JSON, or `d` of INTERACTION_CREATE. */
export function readInteraction(data: unknown): Reading<Interaction> {
  if (isPing(data)) return readPing(data);
  const reading = readAs(happening, data, { root: "interaction", needed: NEEDED });
  if ("problem" in reading) return reading;
  const raw = reading.value;
  return after(reading.unread, readKind(raw));
}

function readKind(raw: RawHappening): Reading<Interaction> {
  const base = readHappening(raw);
  if ("problem" in base) return base;
  switch (raw.type) {
    case 2:
      return readData(withCommand, raw, (given) => readCommand(base.value, given));
    case 3:
      return readData(withComponent, raw, ({ custom_id, component_type, values }) => ({
        value: {
          ...base.value,
          ...{ kind: "component", customId: custom_id, component: componentOf(component_type), values },
        },
      }));
    case 4:
      return readData(withCommand, raw, (given) => readAutocomplete(base.value, given));
    case 5:
      return readData(withModal, raw, (given) => ({ value: readModal(base.value, given) }));
    default:
      return { value: { ...base.value, kind: "unknown", what: `an interaction of type ${raw.type}` } };
  }
}

/** What a reading came to, with what had been left out before it. */
function after<T>(unread: readonly string[] = [], reading: Reading<T>): Reading<T> {
  if (unread.length === 0) return reading;
  if ("problem" in reading) return { problem: [...unread, reading.problem].join("; ") };
  return { ...reading, unread: [...unread, ...(reading.unread ?? [])] };
}

function isPing(data: unknown): boolean {
  return typeof data === "object" && data !== null && "type" in data && data.type === PING;
}

/** Whose it is is checked, where it is said. */
function readPing(data: unknown): Reading<Interaction> {
  const reading = readAs(ping, data, { needed: ["application_id"] });
  if ("problem" in reading) return reading;
  return { value: { kind: "ping", applicationId: reading.value.application_id ?? undefined } };
}

function readData<T>(
  schema: z.ZodType<{ data: T }>,
  raw: RawHappening,
  use: (given: T) => Reading<Interaction>,
): Reading<Interaction> {
  const reading = readAs(schema, raw, { needed: NEEDED });
  return "problem" in reading ? reading : after(reading.unread, use(reading.value.data));
}

function readHappening(raw: RawHappening): Reading<Happening> {
  const author = raw.member?.user ?? raw.user;
  if (!author) return { problem: "user: expected the user, or a member with one" };
  const who: InteractionUser = {
    id: author.id,
    name: displayName({ author, member: raw.member }),
    roles: raw.member?.roles ?? [],
    permissions: isBroughtAlong(raw) ? 0n : BigInt(raw.member?.permissions ?? 0),
  };
  const { id, application_id: applicationId, token } = raw;
  return { value: { id, applicationId, token, user: who, place: placeOf(raw) } };
}

/**
 * Whether only the user, and not the server, has installed the application (Discord, "Authorizing Integration Owners"). What
 * makes no sense does not say that the server has.
 */
function isBroughtAlong({ authorizing_integration_owners: owners }: RawHappening): boolean {
  const [byServer, byUser] = ["0", "1"];
  if (owners == null) return false;
  return typeof owners !== "object" || (byUser in owners && !(byServer in owners));
}

function placeOf({ guild_id, channel, context }: RawHappening): InteractionPlace {
  const where = channel ? { channel: { id: channel.id, type: channel.type } } : {};
  if (guild_id) return { context: "guild", ...where, guildId: guild_id };
  // BOT_DM and PRIVATE_CHANNEL (Discord, "Interaction Context Types").
  return { context: context === 1 ? "bot-dm" : "private-channel", ...where };
}

function readCommand(base: Happening, given: z.infer<typeof command>): Reading<Interaction> {
  const { name, type } = given;
  const called = { ...base, kind: "command", name } as const;
  switch (type) {
    case 1: {
      const { subcommand, options } = unwrapSubcommands(given.options);
      const values = new Map<string, OptionValue>();
      for (const option of options) {
        const value = readOptionValue(option, given.resolved);
        if ("problem" in value) return { problem: `data.options.${option.name}: ${value.problem}` };
        if (value.value) values.set(option.name, value.value);
      }
      return { value: { ...called, use: { type: "chat-input", subcommand, options: values } } };
    }
    case 2: {
      const author = given.resolved.users[given.target_id ?? ""];
      if (!author) return missingTarget("users");
      const target = { id: author.id, name: displayName({ author, member: memberOf(author.id, given) }) };
      return { value: { ...called, use: { type: "user", target } } };
    }
    case 3: {
      const target: TargetMessage | undefined = given.resolved.messages[given.target_id ?? ""];
      if (!target) return missingTarget("messages");
      return { value: { ...called, use: { type: "message", target } } };
    }
    case 4:
      return { value: { ...called, use: { type: "entry-point" } } };
    default:
      return { value: { ...base, kind: "unknown", what: `a command of type ${type}` } };
  }
}

function memberOf(id: string, { resolved: { members } }: { resolved: Resolved }) {
  return members[id] ?? null;
}

function missingTarget(kind: "users" | "messages"): { problem: string } {
  return { problem: `data.resolved.${kind}: expected what data.target_id stands for` };
}

function readAutocomplete(base: Happening, given: z.infer<typeof command>): Reading<Interaction> {
  const { subcommand, options } = unwrapSubcommands(given.options);
  const focused = options.find(({ focused }) => focused);
  if (!focused) return { problem: "data.options: expected one that is focused" };
  const { name } = given;
  const typed = String(focused.value ?? "");
  return { value: { ...base, kind: "autocomplete", name, subcommand, option: focused.name, typed } };
}

/** A subcommand is an option that holds the options; so is a group of subcommands. */
function unwrapSubcommands(options: readonly GivenOption[]): {
  subcommand: string | undefined;
  options: readonly GivenOption[];
} {
  const path: string[] = [];
  let inner = options;
  for (let [first] = inner; first && isGroup(first); [first] = inner) {
    path.push(first.name);
    inner = first.options ?? [];
  }
  return { subcommand: path.length > 0 ? path.join(" ") : undefined, options: inner };
}

/** BUTTON, STRING_SELECT, and the selects of users, roles, mentionables and channels (Discord, "Component Types"). */
function componentOf(type: number): ComponentInteraction["component"] {
  if (type === 2) return "button";
  if (type === 3) return "string-select";
  return type >= 5 && type <= 8 ? "other-select" : "unknown";
}

/** Fields stand in labels, or in rows as Discord had them before. */
function readModal(base: Happening, { custom_id, components, resolved }: z.infer<typeof modal>): Interaction {
  const given = components.flatMap(({ component, components }) => [
    ...(component ? [component] : []),
    ...components,
  ]);
  const fields = new Map<string, string>();
  for (const { custom_id, value } of given)
    if (custom_id != null && typeof value === "string") fields.set(custom_id, value);
  const files = given.flatMap(({ values }) => values.flatMap((id) => fileOf(id, resolved)));
  return { ...base, kind: "modal", customId: custom_id, fields, files };
}

/** Values of a select are no files. */
function fileOf(id: string, { attachments }: Resolved): Attachment[] {
  const file = attachments[id];
  return file ? readUploadedFile(file) : [];
}
