/** The list of what one can read: channels with their threads, and DMs. */
import type { APIChannel, APIDMChannel } from "discord-api-types/v10";
import { element } from "../../../../public/dom.ts";
import { displayName } from "./message-view.ts";

export interface Place {
  id: string;
  name: string;
  topic: string;
  kind: "channel" | "thread" | "dm";
  parentId: string | null;
  archived: boolean;
  locked: boolean;
}

export interface GuildPlaces {
  name: string;
  places: readonly Place[];
}

export function placeOf(channel: APIChannel): Place {
  const metadata = "thread_metadata" in channel ? channel.thread_metadata : undefined;
  return {
    id: channel.id,
    name: channel.name ?? "",
    topic: ("topic" in channel && channel.topic) || "",
    kind: metadata === undefined ? "channel" : "thread",
    parentId: ("parent_id" in channel && channel.parent_id) || null,
    archived: metadata?.archived ?? false,
    locked: metadata?.locked ?? false,
  };
}

export function dmPlaceOf({ id, recipients }: APIDMChannel): Place {
  const name = recipients?.map(displayName).join(", ") ?? "";
  return { id, name, topic: "", kind: "dm", parentId: null, archived: false, locked: false };
}

export function channelList(
  guilds: readonly GuildPlaces[],
  dms: readonly Place[],
  { open, unread }: { open: string; unread: ReadonlySet<string> },
): HTMLElement[] {
  const link = (place: Place, mark: string): HTMLElement => {
    const classes = [place.archived ? "archived" : "", unread.has(place.id) ? "unread" : ""];
    const attributes = { href: `#${place.id}`, class: classes.join(" ").trim() };
    const made = element("a", attributes, `${mark}${place.name}`);
    if (place.id === open) made.setAttribute("aria-current", "page");
    return made;
  };
  const section = (title: string, items: HTMLElement[]) => [
    element("h2", {}, title),
    element("ul", {}, ...items),
  ];
  return [
    ...guilds.flatMap(({ name, places }) =>
      section(
        name,
        places
          .filter(({ kind }) => kind === "channel")
          .map((channel) => {
            const threads = places.filter(({ parentId }) => parentId === channel.id);
            const below = element(
              "ul",
              {},
              ...threads.map((thread) => element("li", {}, link(thread, "↳ "))),
            );
            return element("li", {}, link(channel, "# "), ...(threads.length > 0 ? [below] : []));
          }),
      ),
    ),
    ...(dms.length > 0
      ? section(
          "Direct messages",
          dms.map((dm) => element("li", {}, link(dm, "@ "))),
        )
      : []),
  ];
}
