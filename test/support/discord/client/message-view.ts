/** One message as the client shows it. */
import type { APIMessage, APIUser } from "discord-api-types/v10";
import { element } from "../../../../public/dom.ts";
import type { MessageHistory } from "../world-view.ts";

/** What a person can do to a message. */
export interface MessageActions {
  reply(message: APIMessage): void;
  edit(message: APIMessage): void;
  delete(message: APIMessage): void;
  startThread(message: APIMessage): void;
  react(message: APIMessage, emoji: string): void;
}

export interface MessageContext {
  writer: APIUser | undefined;
  canStartThreads: boolean;
  actions: MessageActions;
}

/** Name that is shown for a user. */
export function displayName(user: APIUser): string {
  return user.global_name ?? user.username;
}

export function messageView({ message, versions }: MessageHistory, context: MessageContext): HTMLLIElement {
  if (message.type === 18)
    return element("li", { class: "note" }, `A thread was started: ${message.content}`);
  if (message.type === 21) {
    const { referenced_message: start } = message;
    return element(
      "li",
      { class: "note" },
      start ? `Started from: ${start.content}` : "Started from a deleted message",
    );
  }
  const { author } = message;
  const avatar = element(
    "span",
    { class: "avatar", "aria-hidden": "true" },
    displayName(author).charAt(0).toUpperCase(),
  );
  avatar.style.setProperty("--hue", String(Number((BigInt(author.id) * 137n) % 360n)));
  const content = element("div", { class: "content" }, message.content);
  if (message.edited_timestamp !== null) {
    const edits = versions.length - 1;
    const title = `edited ${edits === 1 ? "once" : `${edits} times`}`;
    content.append(" ", element("span", { class: "edited", title }, "(edited)"));
  }
  return element(
    "li",
    { class: "message", "data-id": message.id },
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
    underOf(message, context),
    actionsOf(message, context),
  );
}

function referenceOf({ type, referenced_message: referenced }: APIMessage): HTMLElement[] {
  if (type !== 19) return [];
  const text = referenced
    ? `↪ ${displayName(referenced.author)}: ${referenced.content}`
    : "↪ a deleted message";
  return [element("div", { class: "reference" }, text)];
}

function underOf(message: APIMessage, { actions, writer }: MessageContext): HTMLElement {
  const reactions = (message.reactions ?? []).map(({ emoji, count }) => {
    const name = emoji.name ?? "";
    const button = element("button", { type: "button", class: "reaction" }, `${name} ${count}`);
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

function actionsOf(message: APIMessage, { actions, writer, canStartThreads }: MessageContext): HTMLElement {
  const button = (label: string, act: () => void) => {
    const made = element("button", { type: "button", class: "plain" }, label);
    made.addEventListener("click", act);
    return made;
  };
  const isOwn = message.author.id === writer?.id;
  return element(
    "div",
    { class: "actions" },
    button("👍", () => actions.react(message, "👍")),
    button("Reply", () => actions.reply(message)),
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
