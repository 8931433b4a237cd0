/** Web chats with the agent `desk` whose turns are over, and how they get there. */
import type { ChatDoor } from "../doors.ts";
import type { Trap } from "../gate.ts";
import { record, type Stage, until, untilTurn } from "../stage.ts";

export const DESK = "desk";
const MODEL = "/model/";
/** Name of a chat's object. */
export const nameOf = (chat: string) => `${DESK}/chat:${chat}`;
/** Has the model call a tool. */
export const tool = (name: string, input: object) => `[[tool ${name} ${JSON.stringify(input)}]]`;
/** Found in a call that asks for a summary. */
export const SUMMARY = "You keep the memory of a conversation";

/** Played before the first death. @returns where a turn that dies comes to next. */
export async function prepareChats(stage: Stage): Promise<Trap> {
  await history(stage);
  await reset(stage);
  await summary(stage);
  return dies(stage);
}

/** Turns that are over, each in its way. */
async function history(stage: Stage): Promise<void> {
  const chat = stage.doors.chat(DESK, "history");
  await chat.send("1", "[[say one answer]]");
  await untilTurn(chat, "chat:1", "done");
  await chat.send("2", `${tool("get_echo_id", { id: "history" })} [[finally another]]`);
  await untilTurn(chat, "chat:2", "done");
  const stalled = stage.gate.trap({ path: MODEL, body: "to be stopped" }, { do: "stall", after: "half" });
  await chat.send("3", "to be stopped [[chunks 2]] [[say half of it that is shown]]");
  await stalled.reached();
  await until("half of it to be shown", async () =>
    (await chat.turns()).find(({ parts }) =>
      parts.some((part) => part.type === "text" && part.text.includes("half of")),
    ),
  );
  await chat.stop();
  const { parts } = await untilTurn(chat, "chat:3", "cancelled");
  const stopped = parts.map((part) => (part.type === "text" ? part.text : "")).join(" ");
  await chat.send("4", "[[status 400]]");
  await untilTurn(chat, "chat:4", "failed");
  await chat.send("5", `${tool("remember", { fact: "likes tea" })} [[finally noted]]`);
  await untilTurn(chat, "chat:5", "done");
  const pattern = { entity: "deploys", type: "day", data: { day: "Friday" } };
  await chat.send("6", `${tool("remember", { pattern })} [[finally noted too]]`);
  await untilTurn(chat, "chat:6", "done");
  record(
    stage,
    {
      name: nameOf("history"),
      holds: "turns that are done, with tools and without, one that was stopped, one that failed",
      turns: [
        { event: "chat:1", state: "done", says: "one answer" },
        { event: "chat:2", state: "done", says: "another" },
        { event: "chat:3", state: "cancelled", says: stopped },
        { event: "chat:4", state: "failed", says: "" },
        { event: "chat:5", state: "done", says: "noted" },
        { event: "chat:6", state: "done", says: "noted too" },
      ],
    },
    ...["done", "failed", "cancelled"].map((state) => `SELECT 1 FROM turns WHERE state = '${state}'`),
    "SELECT 1 FROM jobs WHERE kind = 'purge'",
  );
}

/** A conversation that was forgotten: ids of its messages stay known. */
async function reset(stage: Stage): Promise<void> {
  const chat = stage.doors.chat(DESK, "reset");
  await chat.send("1", "[[say forgotten]]");
  await untilTurn(chat, "chat:1", "done");
  await chat.reset();
  await chat.send("2", "[[say remembered]]");
  await untilTurn(chat, "chat:2", "done");
  record(
    stage,
    {
      name: nameOf("reset"),
      holds: "a conversation that was reset, and a turn after that",
      acts: [{ do: "send-again", id: "1", text: "[[say forgotten]]" }],
      turns: [{ event: "chat:2", state: "done", says: "remembered" }],
    },
    "SELECT 1 FROM inbox WHERE status = 'forgotten'",
  );
}

/** So many turns that the oldest are summarised. */
export async function talk(chat: ChatDoor): Promise<void> {
  for (let n = 1; n <= 11; n++) {
    await chat.send(String(n), `[[say answer ${n}]]`);
    await untilTurn(chat, `chat:${n}`, "done");
  }
}

/** How those turns end. */
export const answers = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    ...{ event: `chat:${n + 1}`, state: "done" as const },
    says: `answer ${n + 1}`,
  }));

async function summary(stage: Stage): Promise<void> {
  const chat = stage.doors.chat(DESK, "summary");
  await talk(chat);
  await until("the call for a summary", () =>
    stage.model.requests(SUMMARY).find(({ state }) => state === "finished"),
  );
  record(
    stage,
    {
      name: nameOf("summary"),
      holds: "a summary of older messages",
      turns: answers(11),
    },
    "SELECT 1 FROM summaries",
    "SELECT 1 FROM transcript",
  );
}

/** A turn whose instance dies in a model call. @returns what its next one comes to. */
async function dies(stage: Stage): Promise<Trap> {
  const chat = stage.doors.chat(DESK, "died-twice");
  const [held, again] = [1, 2].map(() =>
    stage.gate.trap({ path: MODEL, body: "survived" }, { do: "hold-before" }),
  ) as [Trap, Trap];
  await chat.send("1", "[[say survived it all]]");
  await held.reached();
  return again;
}
