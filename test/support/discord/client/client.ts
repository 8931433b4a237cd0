/**
 * The web client of the fake Discord: it reads and writes as a person does, through the same calls that tests make, and
 * looks again whenever something happens.
 */
import type { APIMessage, APIUser } from "discord-api-types/v10";
import { byId, element, setText } from "../../../../public/dom.ts";
import { remoteDiscord } from "../remote.ts";
import { channelList, dmPlaceOf, type GuildPlaces, type Place, placeOf } from "./channel-list.ts";
import { displayName, type MessageActions, messageView } from "./message-view.ts";

/** How long Discord shows that somebody types. */
const TYPING_MS = 10_000;

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
  trouble: byId("trouble", HTMLElement),
};

let users: APIUser[] = [];
let guilds: GuildPlaces[] = [];
let dms: Place[] = [];
let replyTo: APIMessage | null = null;
let editing: APIMessage | null = null;
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
};

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
  const histories = await world.history(open);
  if (open !== openId()) return;
  const { messages } = view;
  const wasAtEnd = messages.scrollHeight - messages.scrollTop - messages.clientHeight < 40;
  const context = { writer: writer(), canStartThreads: place.kind === "channel", actions };
  const present = histories.filter(({ deletedAt }) => deletedAt === null);
  messages.replaceChildren(...present.map((each) => messageView(each, context)));
  if (wasAtEnd) messages.scrollTop = messages.scrollHeight;
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
  const reply = replyTo === null ? {} : { reply: replyTo.id };
  const target = editing;
  view.text.value = "";
  aim({});
  await attempt(async () => {
    if (target !== null) await world.edit(target.channel_id, target.id, text);
    else await world.say(openId(), view.writer.value, text, reply);
  });
}

/** Does something, and says what went wrong. */
async function attempt(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
    setText(view.trouble, "");
  } catch (error) {
    setText(view.trouble, error instanceof Error ? error.message : String(error));
  }
}

/** Runs `act` once more after calls that came while it ran; many events in a row cost two looks. */
function coalesced(act: () => Promise<void>): () => void {
  let state: "idle" | "running" | "again" = "idle";
  const run = async () => {
    do {
      state = "running";
      await attempt(act);
    } while ((state as string) === "again");
    state = "idle";
  };
  return () => {
    if (state === "idle") void run();
    else state = "again";
  };
}

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
await attempt(loadPlaces);
await attempt(showMessages);
