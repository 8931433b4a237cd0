/** What people press under answers in Discord: Stop, Retry, Approve, Decline. */
import type { Act } from "../fixture.ts";
import type { Fate } from "../gate.ts";
import { until } from "../stage.ts";
import { MODEL, pay, type Threads } from "./threads.ts";

/** How a press is answered that was not refused (Discord, "Interaction Callback Type"). */
const DEFERRED_UPDATE = 6;

export async function prepareButtons(threads: Threads): Promise<void> {
  await done(threads);
  await stopped(threads);
}

export async function openButtons(threads: Threads): Promise<void> {
  await parked(threads);
  await unasked(threads);
  await failed(threads);
  await retried(threads);
  await stopping(threads);
}

async function done(threads: Threads): Promise<void> {
  const stalled = threads.stage.gate.trap({ path: MODEL, body: "was done" }, { do: "stall", after: "this" });
  const thread = await threads.say("[[chunks 2]] [[say this one was done]]");
  await stalled.reached();
  const { id, customId } = await threads.town.offered(thread, "stop");
  stalled.goOn();
  await threads.untilShown(thread, "this one was done");
  const press: Act = {
    ...{ do: "press", channelId: thread, messageId: id, customId },
    expect: "not running any more",
  };
  threads.record(
    thread,
    "an answer that is complete; its Stop button is gone",
    "this one was done",
    [
      "SELECT 1 FROM turns WHERE state = 'done'",
      "SELECT 1 FROM posts WHERE confirmed = 1 AND controls = '[]' AND message_id IS NOT NULL",
    ],
    { after: [press] },
  );
}

async function stopped(threads: Threads): Promise<void> {
  const stalled = threads.stage.gate.trap(
    { path: MODEL, body: "never seen" },
    { do: "stall", after: "half" },
  );
  const thread = await threads.say("[[chunks 2]] [[say half of what was never seen]]");
  await stalled.reached();
  const { id, customId, content } = await threads.town.offered(thread, "stop");
  await threads.press(thread, id, customId);
  await threads.untilShown(thread, `${content}\n-# stopped`);
  const press: Act = {
    ...{ do: "press", channelId: thread, messageId: id, customId },
    expect: "stopped already",
  };
  threads.record(
    thread,
    "an answer that was stopped, and says so",
    `${content} -# stopped`,
    ["SELECT 1 FROM turns WHERE state = 'cancelled'"],
    { after: [press] },
  );
}

async function parked(threads: Threads): Promise<void> {
  for (const act of ["approve", "decline"] as const) {
    const mark = `${act}d by a button`;
    const thread = await threads.say(`[[say Let us see.]] ${pay(mark)} [[finally So it is ${mark}.]]`);
    const { id, customId } = await threads.town.offered(thread, act);
    const sign = act === "approve" ? "✅" : "🚫";
    const decision = act === "approve" ? "approved" : "declined";
    threads.record(
      thread,
      "parked: people are asked for approval, with buttons",
      `-# ${sign} \`post_payments\` \`${decision} by Mia\` Let us see. So it is ${mark}.`,
      [
        "SELECT 1 FROM turns WHERE state = 'parked'",
        "SELECT 1 FROM posts WHERE confirmed = 1 AND controls LIKE '%:approve:%'",
      ],
      {
        acts: [
          { do: "press", channelId: thread, messageId: id, customId },
          {
            ...{ do: "press", channelId: thread, messageId: id, customId },
            expect: `${decision} already`,
          },
        ],
        calls: { mark, times: act === "approve" ? 1 : 0 },
      },
    );
  }
}

/** Parked, and what asks for approval has not arrived in Discord. */
async function unasked(threads: Threads): Promise<void> {
  const mark = "nobody was asked";
  const held = threads.stage.gate.trap(
    { method: "POST", path: "/discord/channels/", body: mark },
    { do: "hold-before" },
  );
  const thread = await threads.say(`${pay(mark)} [[finally declined at last]]`);
  await held.reached();
  threads.record(
    thread,
    "parked: what asks for approval has not arrived",
    "-# 🚫 `post_payments` `declined by Mia` declined at last",
    ["SELECT 1 FROM turns WHERE state = 'parked'", "SELECT 1 FROM posts WHERE message_id IS NULL"],
    { acts: [{ do: "press-offered", channelId: thread, action: "decline" }], calls: { mark, times: 0 } },
  );
}

/** A model that is overloaded, for one question. */
function overload(threads: Threads, mark: string): void {
  const overloaded: Fate = {
    ...{ do: "answer", status: 529, headers: { "retry-after-ms": "10" } },
    body: { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
  };
  threads.stage.gate.trap({ path: MODEL, body: mark }, overloaded, 4);
}

async function failed(threads: Threads): Promise<void> {
  overload(threads, "at the second try");
  const thread = await threads.say("[[say answered at the second try]]");
  const { id, customId } = await threads.town.offered(thread, "retry");
  const press: Act = { do: "press", channelId: thread, messageId: id, customId };
  const [failure] = threads.town.shown(thread);
  threads.record(
    thread,
    "an answer that failed, with Retry under it",
    `${failure?.content} answered at the second try`,
    ["SELECT 1 FROM turns WHERE state = 'failed'", "SELECT 1 FROM posts WHERE controls LIKE '%:retry:%'"],
    { acts: [press, { ...press, expect: "tried again already" }] },
  );
}

async function retried(threads: Threads): Promise<void> {
  overload(threads, "at the third try");
  const thread = await threads.say("[[say answered at the third try]]");
  const { id, customId } = await threads.town.offered(thread, "retry");
  const [failure] = threads.town.shown(thread);
  const held = threads.stage.gate.trap({ path: MODEL, body: "at the third try" }, { do: "hold-before" });
  // The button is there a moment before the turn is over.
  await until("the press to be taken", async () => {
    const { response } = await threads.press(thread, id, customId);
    return response?.type === DEFERRED_UPDATE || undefined;
  });
  await held.reached();
  threads.record(
    thread,
    "an answer that failed and is tried again: running, in a model call",
    `${failure?.content} answered at the third try`,
    [
      "SELECT 1 FROM turns WHERE state = 'failed'",
      "SELECT 1 FROM inbox WHERE event_id LIKE 'retry:%'",
      "SELECT 1 FROM turns WHERE state = 'running'",
    ],
    {
      acts: [{ do: "press", channelId: thread, messageId: id, customId, expect: "tried again already" }],
    },
  );
}

/** Stopped, and the messages in Discord do not say so. */
async function stopping(threads: Threads): Promise<void> {
  const { thread, shown } = await threads.grow("never said");
  const held = threads.stage.gate.trap({ method: "PATCH", path: thread }, { do: "hold-before" });
  await threads.press(thread, shown.id, shown.customId);
  await held.reached();
  threads.record(
    thread,
    "an answer that was stopped; what is shown of it does not say so yet",
    `${shown.content} -# stopped`,
    ["SELECT 1 FROM posts WHERE stopping = 1"],
  );
}
