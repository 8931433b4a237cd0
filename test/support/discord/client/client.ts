/**
 * The web client of the fake Discord: it reads and writes as a person does, through the same calls that tests make, and
 * looks again whenever something happens.
 */
import type { APIMessage, APIUser } from "discord-api-types/v10";
import { byId, element, setText } from "../../../../public/dom.ts";
import type { InteractionView } from "../interactions/state.ts";
import { remoteDiscord } from "../remote.ts";
import { compareSnowflakes } from "../snowflake.ts";
import { attempt, coalesced } from "./attempt.ts";
import { channelList, dmPlaceOf, type GuildPlaces, type Place, placeOf } from "./channel-list.ts";
import { CommandTyping } from "./command-typing.ts";
import { MessageList } from "./message-list.ts";
import { displayName, type MessageActions } from "./message-view.ts";
import { showModal } from "./modal-form.ts";

/** How long Discord shows that somebody types. */
const TYPING_MS = 10_000;
/** A command in the menu of a message ("Application Command Type"). */
const MESSAGE_COMMAND = 3;

const { world } = remoteDiscord(location.href);
const view = {
  channels: byId("channels", HTMLElement),
  writer: byId("writer", HTMLSelectElement),
  title: byId("title", HTMLElement),
  topic: byId("topic", HTMLElement),
  threadActions: byId("thread-actions", HTMLElement),
  messages: byId("messages", HTMLElement),
  typing: byId("typing", HTMLElement),
  composer: byId("composer", HTMLFormElement),
  replying: byId("replying", HTMLElement),
  text: byId("text", HTMLTextAreaElement),
  suggestions: byId("suggestions", HTMLElement),
  modal: byId("modal", HTMLDialogElement),
};
const messageList = new MessageList(view.messages);

let users: APIUser[] = [];
let guilds: GuildPlaces[] = [];
let dms: Place[] = [];
let replyTo: APIMessage | null = null;
let editing: APIMessage | null = null;
const dismissed = new Set<string>();
const unread = new Set<string>();
/** Until when somebody types, by channel and user. */
const typing = new Map<string, { channelId: string; userId: string; until: number }>();

const openId = () => location.hash.slice(1);
const places = () => [...guilds.flatMap((guild) => guild.places), ...dms];
const writer = () => users.find(({ id }) => id === view.writer.value);

const actions: MessageActions = {
  reply(message) {
    aim({ replyTo: message });
  },
  edit(message) {
    aim({ editing: message });
    view.text.value = message.content;
  },
  delete: ({ channel_id, id }) => attempt(() => world.delete(channel_id, id)),
  startThread({ channel_id, id, content }) {
    const name = content.slice(0, 40) || "Thread";
    void attempt(async () => {
      await world.startThread(channel_id, view.writer.value, name, id);
      location.hash = id;
    });
  },
  react: ({ channel_id, id }, emoji) => attempt(() => world.react(channel_id, id, view.writer.value, emoji)),
  press: ({ channel_id, id }, customId) =>
    attempt(() => seeThrough(world.press(channel_id, view.writer.value, id, customId))),
  select: ({ channel_id, id }, customId, values) =>
    attempt(() => seeThrough(world.select(channel_id, view.writer.value, id, customId, values))),
  command: ({ channel_id, id }, name) =>
    attempt(() => seeThrough(world.messageCommand(channel_id, view.writer.value, name, id))),
  dismiss({ id }) {
    dismissed.add(id);
    refreshMessages();
  },
};

/**
 * Waits for the answer to an interaction. A form is shown; a message comes as all others do.
 *
 * @throws Error when the interaction has failed
 */
async function seeThrough(answering: Promise<InteractionView>): Promise<void> {
  const { id, status, failure, modal } = await answering;
  if (status === "failed") throw new Error(`This interaction failed: ${failure}`);
  if (modal === null) return;
  showModal(view.modal, modal, (values) => seeThrough(world.submit(id, values)));
}

async function loadPlaces(): Promise<void> {
  const [known, listed, direct] = await Promise.all([world.users(), world.guilds(), world.dms()]);
  users = known;
  guilds = await Promise.all(
    listed.map(async ({ id, name }) => ({ name, places: (await world.channels(id)).map(placeOf) })),
  );
  dms = direct.map(dmPlaceOf);
  const people = users.filter(({ bot }) => !bot);
  if (view.writer.options.length !== people.length) {
    const chosen = view.writer.value;
    view.writer.replaceChildren(
      ...people.map((user) => element("option", { value: user.id }, displayName(user))),
    );
    if (chosen !== "") view.writer.value = chosen;
  }
  const first = places()[0];
  if (openId() === "" && first !== undefined) history.replaceState(null, "", `#${first.id}`);
  showPlaces();
}

function showPlaces(): void {
  const open = openId();
  unread.delete(open);
  view.channels.replaceChildren(...channelList(guilds, dms, { open, unread }));
  const place = places().find(({ id }) => id === open);
  setText(view.title, place === undefined ? "" : `${place.kind === "channel" ? "# " : ""}${place.name}`);
  setText(view.topic, place?.topic ?? "");
  view.text.placeholder = place === undefined ? "" : `Message ${place.name}`;
  view.threadActions.replaceChildren(...(place?.kind === "thread" ? threadButtons(place) : []));
}

function threadButtons({ id, archived, locked }: Place): HTMLElement[] {
  const button = (label: string, change: { archived?: boolean; locked?: boolean }) => {
    const made = element("button", { type: "button", class: "plain" }, label);
    made.addEventListener("click", () => attempt(() => world.setThread(id, change)));
    return made;
  };
  return [
    button(archived ? "Reopen" : "Archive", { archived: !archived }),
    " ",
    button(locked ? "Unlock" : "Lock", { locked: !locked }),
  ].map((part) => (typeof part === "string" ? element("span", {}, part) : part));
}

async function showMessages(): Promise<void> {
  const open = openId();
  const place = places().find(({ id }) => id === open);
  if (place === undefined) return view.messages.replaceChildren();
  const [histories, ephemerals, commands] = await Promise.all([
    world.history(open),
    world.ephemerals(view.writer.value),
    world.shownCommands(open, view.writer.value),
  ]);
  if (open !== openId()) return;
  typedCommands.offer(commands);
  const menu = commands.filter(({ type }) => type === MESSAGE_COMMAND).map(({ name }) => name);
  const own = ephemerals
    .filter(({ id, channel_id }) => channel_id === open && !dismissed.has(id))
    .map((message) => ({ message, versions: [], deletedAt: null }));
  const present = [...histories.filter(({ deletedAt }) => deletedAt === null), ...own];
  present.sort((a, b) => compareSnowflakes(a.message.id, b.message.id));
  messageList.show(present, { writer: writer(), canStartThreads: place.kind === "channel", menu, actions });
}

function showTyping(): void {
  const now = Date.now();
  const names = [...typing.values()]
    .filter(
      ({ channelId, userId, until }) => channelId === openId() && until > now && userId !== view.writer.value,
    )
    .flatMap(({ userId }) => users.find(({ id }) => id === userId) ?? [])
    .map(displayName);
  setText(
    view.typing,
    names.length === 0 ? "" : `${names.join(", ")} ${names.length > 1 ? "are" : "is"} typing …`,
  );
}

function aim(target: { replyTo?: APIMessage; editing?: APIMessage }): void {
  replyTo = target.replyTo ?? null;
  editing = target.editing ?? null;
  const label = replyTo ? `Replying to ${displayName(replyTo.author)}` : editing ? "Editing" : "";
  const cancel = element("button", { type: "button", class: "plain" }, "Cancel");
  cancel.addEventListener("click", () => aim({}));
  view.replying.replaceChildren(label, cancel);
  view.replying.hidden = label === "";
  view.text.focus();
}

async function send(): Promise<void> {
  const text = view.text.value;
  if (text.trim() === "") return;
  const place = openId();
  const reading = editing === null ? typedCommands.read(text) : { kind: "message" as const };
  if (reading.kind === "problem")
    return attempt(async () => {
      throw new Error(reading.problem);
    });
  const reply = replyTo === null ? {} : { reply: replyTo.id };
  const target = editing;
  view.text.value = "";
  typedCommands.hide();
  aim({});
  const deliver = async () => {
    if (target !== null) await world.edit(target.channel_id, target.id, text);
    else if (reading.kind === "message") await world.say(place, view.writer.value, text, reply);
    else await seeThrough(world.slash(place, view.writer.value, reading.call.name, reading.call.values));
  };
  await attempt(async () => {
    try {
      await deliver();
    } catch (error) {
      // What could not be sent can be put right, unless something else is written by now.
      if (view.text.value === "") {
        if (target !== null) aim({ editing: target });
        view.text.value = text;
      }
      throw error;
    }
  });
}

const typedCommands = new CommandTyping(view.text, view.suggestions, {
  complete: async ({ name, option, typed }) => {
    const typing = { [option]: typed };
    return (await world.autocomplete(openId(), view.writer.value, name, typing, option)).choices ?? [];
  },
  idOf(name) {
    const user = users.find((each) => each.username === name || displayName(each) === name);
    return user?.id ?? places().find((place) => place.name === name)?.id;
  },
});

const refreshMessages = coalesced(showMessages);
const refreshPlaces = coalesced(async () => {
  await loadPlaces();
  refreshMessages();
});

interface Happening {
  t: string;
  channelId?: string;
  userId?: string;
}

function happened({ t, channelId, userId }: Happening): void {
  if (/^(GUILD_|CHANNEL_|THREAD_)/.test(t)) refreshPlaces();
  if (channelId === undefined) return;
  if (t === "TYPING_START" && userId !== undefined) {
    typing.set(`${channelId} ${userId}`, { channelId, userId, until: Date.now() + TYPING_MS });
  } else if (t === "MESSAGE_CREATE" && userId !== undefined) {
    typing.delete(`${channelId} ${userId}`);
    if (channelId !== openId()) unread.add(channelId);
    if (places().some(({ id }) => id === channelId)) showPlaces();
    else refreshPlaces();
  }
  showTyping();
  // A message that has a thread shows how much is in it.
  const parentId = places().find(({ id }) => id === channelId)?.parentId;
  const concernsOpen = channelId === openId() || parentId === openId();
  if (concernsOpen && t !== "TYPING_START") refreshMessages();
}

view.composer.addEventListener("submit", (event) => {
  event.preventDefault();
  void send();
});
view.text.addEventListener("keydown", (event) => {
  if (!event.isComposing && typedCommands.handleKey(event)) return event.preventDefault();
  if (event.key === "Escape") aim({});
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  void send();
});
view.writer.addEventListener("change", refreshMessages);
addEventListener("hashchange", () => {
  aim({});
  showPlaces();
  showTyping();
  view.messages.replaceChildren();
  refreshMessages();
});
setInterval(showTyping, 1000);

const events = new EventSource("/__events");
events.addEventListener("message", ({ data }) => happened(JSON.parse(data as string) as Happening));
// A connection that is there again may have missed something.
events.addEventListener("open", () => {
  refreshPlaces();
  refreshMessages();
});
await attempt(loadPlaces, "look");
await attempt(showMessages, "look");
