/** The sidebar's conversations with the current agent, newest first. */
import type { ChatSummary } from "../api.ts";
import { arrange, element, setText } from "../dom.ts";
import { formatWhen } from "../format.ts";
import { writeRoute } from "../route.ts";

export interface ChatList {
  draw(agent: string, chats: readonly ChatSummary[], current: string, now: number): void;
}

/** Lists conversations into `list`; a row that stays keeps its element, and with it the focus. */
export function chatList(list: HTMLElement): ChatList {
  let rows = new Map<
    string,
    { item: HTMLElement; link: HTMLElement; title: HTMLElement; when: HTMLElement }
  >();

  return {
    draw(agent, chats, current, now) {
      const next: typeof rows = new Map();
      for (const chat of chats) {
        const href = writeRoute({ agent, chat: chat.id });
        const row = rows.get(href) ?? newRow(href);
        setText(row.title, chat.title);
        setText(row.when, formatWhen(chat.updatedAt, now));
        if (chat.id === current) row.link.setAttribute("aria-current", "page");
        else row.link.removeAttribute("aria-current");
        next.set(href, row);
      }
      rows = next;
      arrange(
        list,
        [...rows.values()].map(({ item }) => item),
      );
    },
  };
}

function newRow(href: string) {
  const title = element("span", { class: "chat-title" });
  const when = element("span", { class: "chat-when" });
  const link = element("a", { href }, title, when);
  return { item: element("li", {}, link), link, title, when };
}
