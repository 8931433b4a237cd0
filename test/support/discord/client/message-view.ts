/** One message as the client shows it. */
import type { APIMessage, APIUser } from "discord-api-types/v10";
import { element } from "../../../../public/dom.ts";
import type { MessageHistory } from "../world-view.ts";
import { type ComponentActions, componentRows } from "./component-view.ts";

/** What a person can do to a message. */
export interface MessageActions extends ComponentActions {
  reply(message: APIMessage): void;
  edit(message: APIMessage): void;
  delete(message: APIMessage): void;
  startThread(message: APIMessage): void;
  react(message: APIMessage, emoji: string): void;
  /** Runs a command of the menu of messages. */
  command(message: APIMessage, name: string): void;
  /** Puts away what one alone sees. */
  dismiss(message: APIMessage): void;
}

export interface MessageContext {
  writer: APIUser | undefined;
  canStartThreads: boolean;
  /** Names of the commands in the menu of a message. */
  menu: readonly string[];
  actions: MessageActions;
}

/** Discord's "Message Flags" and "Message Types", as far as they look different. */
const FLAG = { ephemeral: 1 << 6, loading: 1 << 7 } as const;
const TYPE = {
  threadCreated: 18,
  reply: 19,
  chatInputCommand: 20,
  threadStarter: 21,
  menuCommand: 23,
} as const;

/** Name that is shown for a user. */
export function displayName(user: APIUser): string {
  return user.global_name ?? user.username;
}

export function messageView({ message, versions }: MessageHistory, context: MessageContext): HTMLLIElement {
  if (message.type === TYPE.threadCreated)
    return element("li", { class: "note" }, `A thread was started: ${message.content}`);
  if (message.type === TYPE.threadStarter) {
    const { referenced_message: start } = message;
    return element(
      "li",
      { class: "note" },
      start ? `Started from: ${start.content}` : "Started from a deleted message",
    );
  }
  const { author } = message;
  const isEphemeral = has(message, FLAG.ephemeral);
  const avatar = element(
    "span",
    { class: "avatar", "aria-hidden": "true" },
    displayName(author).charAt(0).toUpperCase(),
  );
  avatar.style.setProperty("--hue", String(Number((BigInt(author.id) * 137n) % 360n)));
  const content = has(message, FLAG.loading)
    ? element("div", { class: "content thinking" }, `${displayName(author)} is thinking …`)
    : element("div", { class: "content" }, message.content);
  if (message.edited_timestamp !== null) {
    // Of what one alone sees no versions are known.
    const edits = Math.max(1, versions.length - 1);
    const title = `edited ${edits === 1 ? "once" : `${edits} times`}`;
    content.append(" ", element("span", { class: "edited", title }, "(edited)"));
  }
  return element(
    "li",
    { class: isEphemeral ? "message private" : "message", "data-id": message.id, tabindex: "-1" },
    avatar,
    ...referenceOf(message),
    element(
      "div",
      { class: "by" },
      element("strong", {}, displayName(author)),
      ...(author.bot ? [element("span", { class: "badge" }, "APP")] : []),
      element("time", { datetime: message.timestamp }, timeOf(message.timestamp)),
    ),
    content,
    ...message.attachments.map(({ filename, url, size }) =>
      element("a", { class: "file", href: url, target: "_blank" }, `${filename} · ${size} bytes`),
    ),
    ...componentRows(message, context.actions),
    ...(isEphemeral
      ? [dismissal(message, context)]
      : [underOf(message, context), actionsOf(message, context)]),
  );
}

function has({ flags }: APIMessage, flag: number): boolean {
  return (Number(flags ?? 0) & flag) !== 0;
}

function dismissal(message: APIMessage, { actions }: MessageContext): HTMLElement {
  const button = element("button", { type: "button", class: "plain" }, "Dismiss");
  button.addEventListener("click", () => actions.dismiss(message));
  return element("div", { class: "dismissal" }, "Only you can see this", button);
}

function referenceOf(message: APIMessage): HTMLElement[] {
  const { type, referenced_message: referenced, interaction_metadata: asked } = message;
  const line = (text: string) => [element("div", { class: "reference" }, `↪ ${text}`)];
  const user = asked ? displayName(asked.user) : "Somebody";
  const quoted = referenced
    ? `${displayName(referenced.author)}: ${referenced.content}`
    : "a deleted message";
  switch (Number(type)) {
    case TYPE.chatInputCommand:
      return line(`${user} used a command`);
    case TYPE.menuCommand:
      return line(`${user} used a command on ${quoted}`);
    case TYPE.reply:
      return line(quoted);
    default:
      return [];
  }
}

function underOf(message: APIMessage, { actions, writer }: MessageContext): HTMLElement {
  const reactions = (message.reactions ?? []).map(({ emoji, count }) => {
    const name = emoji.name ?? "";
    const attributes = { type: "button", class: "reaction", "data-control": `reaction ${name}` };
    const button = element("button", attributes, `${name} ${count}`);
    button.addEventListener("click", () => actions.react(message, name));
    button.disabled = writer === undefined;
    return button;
  });
  const { thread } = message;
  const count = thread && "message_count" in thread ? (thread.message_count ?? 0) : 0;
  const link =
    thread === undefined
      ? []
      : [
          element(
            "a",
            { class: "thread", href: `#${thread.id}` },
            `${thread.name ?? "Thread"} · ${count} ${count === 1 ? "message" : "messages"}`,
          ),
        ];
  return element("div", { class: "under" }, ...reactions, ...link);
}

function actionsOf(message: APIMessage, context: MessageContext): HTMLElement {
  const { actions, writer, canStartThreads, menu } = context;
  const button = (label: string, act: () => void) => {
    const made = element(
      "button",
      { type: "button", class: "plain", "data-control": `action ${label}` },
      label,
    );
    made.addEventListener("click", act);
    return made;
  };
  const isOwn = message.author.id === writer?.id;
  return element(
    "div",
    { class: "actions" },
    button("👍", () => actions.react(message, "👍")),
    button("Reply", () => actions.reply(message)),
    ...menu.map((name) => button(name, () => actions.command(message, name))),
    ...(canStartThreads && message.thread === undefined
      ? [button("Thread", () => actions.startThread(message))]
      : []),
    ...(isOwn
      ? [button("Edit", () => actions.edit(message)), button("Delete", () => actions.delete(message))]
      : []),
  );
}

function timeOf(timestamp: string): string {
  return new Date(timestamp).toLocaleTimeString([], {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
}
