/** Web chats with the agent `desk`: a turn in each state that it can be found in. */
import type { ChatDoor } from "../doors.ts";
import type { Trap } from "../gate.ts";
import { record, type Stage, until, untilTurn } from "../stage.ts";
import { answers, DESK, nameOf, SUMMARY, talk, tool } from "./web-ended.ts";

const MODEL = "/model/";
const TOOLS = "/tools/";
const pay = (mark: string) => tool("post_payments", { body: { mark } });
const RUNNING = "SELECT 1 FROM turns WHERE state = 'running'";
const WAITING = "SELECT 1 FROM inbox WHERE status = 'waiting'";

/** Played before the last one: what is open stays open. */
export async function openChats(stage: Stage, again: Trap): Promise<void> {
  await diesAgain(stage, again);
  await inModelCall(stage);
  await inGet(stage);
  await inPost(stage);
  await beforeModel(stage);
  await parked(stage);
  await approved(stage);
  await paying(stage);
  await summaryInTheMaking(stage);
}

async function summaryInTheMaking(stage: Stage): Promise<void> {
  const chat = stage.doors.chat(DESK, "summary-in-the-making");
  const held = stage.gate.trap({ path: MODEL, body: SUMMARY }, { do: "hold-before" });
  await talk(chat);
  await held.reached();
  record(
    stage,
    {
      name: nameOf("summary-in-the-making"),
      holds: "a summary that is being made: its call has not arrived",
      turns: answers(11),
    },
    "SELECT 1 FROM steps WHERE entry LIKE '%\"summary\"%' AND finished_at IS NULL",
  );
}

/** It dies in the same call once more. */
async function diesAgain(stage: Stage, again: Trap): Promise<void> {
  await stage.doors.chat(DESK, "died-twice").turns();
  await again.reached();
  record(
    stage,
    {
      name: nameOf("died-twice"),
      holds: "running, in its first model call for the second time: the first was lost with its instance",
      turns: [{ event: "chat:1", state: "done", says: "survived it all" }],
    },
    RUNNING,
    "SELECT 1 FROM turns WHERE generation = 2",
  );
}

async function inModelCall(stage: Stage): Promise<void> {
  const chat = stage.doors.chat(DESK, "in-model-call");
  const held = stage.gate.trap({ path: MODEL, body: "first of two" }, { do: "hold-before" });
  await chat.send("1", "[[say first of two]]");
  await chat.send("2", "[[say second of two]]");
  await held.reached();
  record(
    stage,
    {
      name: nameOf("in-model-call"),
      holds: "running, in its first model call; another message waits",
      turns: [
        { event: "chat:1", state: "done", says: "first of two" },
        { event: "chat:2", state: "done", says: "second of two" },
      ],
    },
    RUNNING,
    WAITING,
    "SELECT 1 FROM inbox WHERE status = 'taken'",
    "SELECT 1 FROM jobs WHERE kind = 'watchdog'",
  );
}

async function inGet(stage: Stage): Promise<void> {
  const chat = stage.doors.chat(DESK, "in-get");
  const held = stage.gate.trap({ path: `${TOOLS}echo/in-get` }, { do: "hold-after" });
  await chat.send("1", `${tool("get_echo_id", { id: "in-get" })} [[finally it was asked again]]`);
  await held.reached();
  record(
    stage,
    {
      name: nameOf("in-get"),
      holds: "running, in a tool call that may be made again",
      turns: [{ event: "chat:1", state: "done", says: "it was asked again" }],
    },
    RUNNING,
  );
}

async function inPost(stage: Stage): Promise<void> {
  const chat = stage.doors.chat(DESK, "in-post");
  const held = stage.gate.trap({ path: TOOLS, body: "ordered-once" }, { do: "hold-after" });
  const calls = [
    tool("get_echo_id", { id: "in-post" }),
    tool("post_orders", { body: { mark: "ordered-once" } }),
  ];
  await chat.send("1", `${calls.join(" ")} [[finally who knows]]`);
  await held.reached();
  await until("the other call to be over", async () =>
    (await chat.turns())[0]?.parts.find((part) => part.type === "tool" && part.status === "ok"),
  );
  record(
    stage,
    {
      name: nameOf("in-post"),
      holds: "running; of its two tool calls one is over, the other has arrived and must not be made again",
      turns: [{ event: "chat:1", state: "done", says: "who knows" }],
      calls: { mark: "ordered-once", times: 0 },
    },
    RUNNING,
  );
}

/** A file, as a page attaches it. */
const fileAt = (gate: string) => [
  { name: "note.txt", url: `${gate}/files/note.txt`, contentType: "text/plain", size: 31 },
];

async function beforeModel(stage: Stage): Promise<void> {
  const chat = stage.doors.chat(DESK, "before-model");
  const held = stage.gate.trap({ path: "/files/" }, { do: "hold-before" });
  await chat.send("1", "[[say have read it]]", fileAt(stage.gate.url));
  await held.reached();
  record(
    stage,
    {
      name: nameOf("before-model"),
      holds: "running, before its first step: an attached file is being read",
      turns: [{ event: "chat:1", state: "done", says: "have read it" }],
    },
    "SELECT 1 FROM turns WHERE state = 'running' AND NOT EXISTS (SELECT 1 FROM steps)",
  );
}

async function parked(stage: Stage): Promise<void> {
  const ends = [
    { chat: "parked-to-approve", act: "approve", times: 1, says: "it is over" },
    { chat: "parked-to-decline", act: "decline", times: 0, says: "it is over" },
  ] as const;
  for (const { chat: id, act, times, says } of ends) {
    const chat = stage.doors.chat(DESK, id);
    await chat.send("1", `${tool("get_echo_id", { id })} ${pay(id)} [[finally ${says}]]`);
    await untilTurn(chat, "chat:1", "parked");
    await chat.send("2", "[[say what waited]]");
    record(
      stage,
      {
        name: nameOf(id),
        holds: "parked: a call waits for approval; another message waits",
        acts: [{ do: act }],
        turns: [
          { event: "chat:1", state: "done", says },
          { event: "chat:2", state: "done", says: "what waited" },
        ],
        calls: { mark: id, times },
      },
      "SELECT 1 FROM turns WHERE state = 'parked'",
      WAITING,
      "SELECT 1 FROM jobs WHERE kind = 'approval'",
    );
  }
  const chat = stage.doors.chat(DESK, "parked-to-stop");
  await chat.send("1", `[[say before that]] ${pay("parked-to-stop")}`);
  await untilTurn(chat, "chat:1", "parked");
  record(
    stage,
    {
      name: nameOf("parked-to-stop"),
      holds: "parked: a call waits for approval",
      acts: [{ do: "stop" }],
      turns: [{ event: "chat:1", state: "cancelled", says: "before that" }],
      calls: { mark: "parked-to-stop", times: 0 },
    },
    "SELECT 1 FROM turns WHERE state = 'parked'",
  );
}

/** Approves the one call of a turn that waits for it. */
async function approve(chat: ChatDoor): Promise<void> {
  const { id, parts } = await untilTurn(chat, "chat:1", "parked");
  const call = parts.find((part) => part.type === "tool" && part.status === "pending");
  if (call?.type !== "tool") throw new Error("there is no call to approve");
  await chat.decide(id, call.id, true);
}

async function approved(stage: Stage): Promise<void> {
  const chat = stage.doors.chat(DESK, "approved");
  await chat.send("1", `${pay("approved-once")} [[finally paid once]]`, fileAt(stage.gate.url));
  await untilTurn(chat, "chat:1", "parked");
  // A turn that goes on reads its files again, which comes before the call.
  const held = stage.gate.trap({ path: "/files/" }, { do: "hold-before" });
  await approve(chat);
  await held.reached();
  record(
    stage,
    {
      name: nameOf("approved"),
      holds: "running again: a call is approved and has not started",
      turns: [{ event: "chat:1", state: "done", says: "paid once" }],
      calls: { mark: "approved-once", times: 1 },
    },
    "SELECT 1 FROM steps WHERE entry LIKE '%\"approved\"%' AND entry NOT LIKE '%\"started\"%' AND finished_at IS NULL",
  );
}

async function paying(stage: Stage): Promise<void> {
  const chat = stage.doors.chat(DESK, "paying");
  await chat.send("1", `${pay("paid-already")} [[finally who knows]]`);
  const held = stage.gate.trap({ path: TOOLS, body: "paid-already" }, { do: "hold-after" });
  await approve(chat);
  await held.reached();
  record(
    stage,
    {
      name: nameOf("paying"),
      holds: "running, in an approved call that has arrived and must not be made again",
      turns: [{ event: "chat:1", state: "done", says: "who knows" }],
      calls: { mark: "paid-already", times: 0 },
    },
    "SELECT 1 FROM steps WHERE entry LIKE '%\"started\":true%' AND finished_at IS NULL",
  );
}
