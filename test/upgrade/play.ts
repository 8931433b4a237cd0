/** What a conversation of a fixture is put through once it is opened, and what has become of it. */
import type { TurnView } from "../../shared/chat/protocol.ts";
import type { Bridge, ChatDoor } from "./doors.ts";
import type { Act, ConversationEntry } from "./fixture.ts";
import type { OpenedFixture } from "./opened.ts";
import { MINUTE_MS, yesterdayAtNine } from "./scenes/clock.ts";
import { until } from "./stage.ts";

/** The web chat that a conversation is, or `undefined`. */
function chatOf(name: string, { doors }: OpenedFixture): ChatDoor | undefined {
  const [, agent, chat] = /^([^/]+)\/chat:(.+)$/.exec(name) ?? [];
  return agent !== undefined && chat !== undefined ? doors.chat(agent, chat) : undefined;
}

/** Wakes every object through one of its doors: each hears once more of what it has heard of before. */
export async function wakeAll(opened: OpenedFixture, bridges: ReadonlyMap<string, Bridge>): Promise<void> {
  const { manifest, town, doors } = opened;
  const { world } = town.discord;
  const woken = manifest.conversations.map(async ({ name }) => {
    await chatOf(name, opened)?.open();
    const [, agent, id] = /^([^/]+)\/interaction:(.+)$/.exec(name) ?? [];
    if (agent !== undefined && id !== undefined) await doors.repeat(agent, world, world.interaction(id));
  });
  const dms = world.dms().flatMap(({ id }) => town.written(id));
  const written = (...names: string[]) => names.flatMap((name) => town.written(town.channel(name)));
  await bridges.get("porter")?.deliver(...written("porter"), ...dms);
  await bridges.get("keeper")?.deliver(...written("keeper"));
  await bridges.get("usher")?.deliver(...written("help", "busy", "late", "lobby"));
  await opened.cron(yesterdayAtNine(manifest.madeAt) + 32 * MINUTE_MS);
  await doors.alert("hooked", "alert-1", "[[say an alert]]");
  await Promise.all(woken);
}

/** Does something to a conversation. @throws Error when it is not answered as it has to be. */
export async function perform(name: string, act: Act, opened: OpenedFixture): Promise<void> {
  const { town, doors } = opened;
  const [agent = ""] = name.split("/");
  switch (act.do) {
    case "approve":
    case "decline": {
      const chat = chatOf(name, opened);
      const { id, call } = await until(`a call of ${name} to decide on`, async () =>
        pendingCall(await chat?.turns()),
      );
      await chat?.decide(id, call, act.do === "approve");
      return;
    }
    case "stop":
      if (!(await chatOf(name, opened)?.stop())) throw new Error(`nothing of ${name} was running`);
      return;
    case "send-again": {
      const receipt = await chatOf(name, opened)?.send(act.id, act.text);
      if (!receipt?.duplicate) throw new Error(`${act.id} of ${name} counted as new`);
      return;
    }
    case "press": {
      const { response } = await town.press(doors, agent, act);
      const told = toldBy(response);
      const isRight = act.expect === undefined ? told === null : told?.includes(act.expect);
      if (!isRight) throw new Error(`${name}: pressed ${act.customId}, and was told ${JSON.stringify(told)}`);
      return;
    }
    case "press-offered": {
      const { channelId, user } = act;
      const { id: messageId, customId } = await town.offered(channelId, act.action, user);
      await perform(name, { do: "press", channelId, messageId, customId }, opened);
      return;
    }
    default:
      act satisfies never;
  }
}

function pendingCall(turns: readonly TurnView[] = []): { id: string; call: string } | undefined {
  for (const { id, parts } of turns)
    for (const part of parts)
      if (part.type === "tool" && part.status === "pending") return { id, call: part.id };
  return undefined;
}

/** What whoever pressed is told; `null`: nothing. */
function toldBy(response: { type: number; data?: unknown } | null): string | null {
  const { content } = (response?.data ?? {}) as { content?: string };
  return content ?? null;
}

/** What has become of a conversation, in the form in which the manifest says it. */
export async function readEnd(
  { name, holds, turns, shows, calls }: ConversationEntry,
  opened: OpenedFixture,
) {
  const { town, surroundings } = opened;
  const read = turns && (await chatOf(name, opened)?.turns());
  const marked = (body: string) => calls !== undefined && body.includes(JSON.stringify(calls.mark));
  return {
    ...{ name, holds },
    ...(read && { turns: read.map(endOf) }),
    ...(shows && {
      shows: shows.map(({ channelId, user }) => ({
        channelId,
        ...(user !== undefined && { user }),
        says: joined(town.shown(channelId, user).map(({ content }) => content)),
      })),
    }),
    ...(calls && {
      calls: { ...calls, times: surroundings.tools.requests().filter(({ body }) => marked(body)).length },
    }),
  };
}

function endOf({ event, state, parts }: TurnView) {
  const text = parts.flatMap((part) => (part.type === "text" ? [part.text] : []));
  return { event, state, says: joined(text) };
}

function joined(texts: readonly string[]): string {
  return texts.join(" ").split(/\s+/).filter(Boolean).join(" ");
}
