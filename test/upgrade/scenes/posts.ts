/** Answers in Discord in each state of their posts. */
import { until } from "../stage.ts";
import { MODEL, type Threads } from "./threads.ts";

export async function openPosts(threads: Threads): Promise<void> {
  await growing(threads);
  await firstPost(threads, "hold-after", "the post that shows it has arrived, and nobody knows");
  await firstPost(threads, "hold-before", "the post that shows it has not arrived, and nobody knows");
  await edit(threads);
  await complete(threads);
  await waiting(threads);
  await dm(threads);
}

async function growing(threads: Threads): Promise<void> {
  const { thread, shown } = await threads.grow("grown up");
  threads.record(
    thread,
    "running, in a model call; what there is of the answer is shown, with Stop under it",
    "alpha beta. gamma delta. epsilon zeta. grown up",
    ["SELECT 1 FROM posts WHERE confirmed = 1 AND controls LIKE '%:stop:%' AND place = 'channel'"],
    {
      after: [
        {
          ...{ do: "press", channelId: thread, messageId: shown.id, customId: shown.customId },
          expect: "not running any more",
        },
      ],
    },
  );
}

async function firstPost(threads: Threads, fate: "hold-before" | "hold-after", holds: string): Promise<void> {
  const end = `first post ${fate}`;
  const held = threads.stage.gate.trap(
    { method: "POST", path: "/discord/channels/", body: `alpha ${fate}` },
    { do: fate },
  );
  const stalled = threads.stage.gate.trap({ path: MODEL, body: end }, { do: "stall", after: "alpha" });
  const thread = await threads.say(`[[chunks 2]] [[say alpha ${fate} and what comes then, ${end}]]`);
  await stalled.reached();
  await held.reached();
  threads.record(thread, `running, in a model call; ${holds}`, `alpha ${fate} and what comes then, ${end}`, [
    "SELECT 1 FROM posts WHERE confirmed = 0 AND message_id IS NULL",
  ]);
}

async function edit(threads: Threads): Promise<void> {
  const { thread, goOn } = await threads.grow("edited");
  const held = threads.stage.gate.trap({ method: "PATCH", path: thread }, { do: "hold-after" });
  goOn("gamma");
  await held.reached();
  threads.record(
    thread,
    "running, in a model call; an edit of what is shown has arrived, and nobody knows",
    "alpha beta. gamma delta. epsilon zeta. edited",
    ["SELECT 1 FROM posts WHERE confirmed = 0 AND message_id IS NOT NULL"],
  );
}

/** The answer is complete and in three messages: the first is there, of the second nobody knows. */
async function complete(threads: Threads): Promise<void> {
  const mark = "in three parts";
  const text = `{340 x alpha} {340 x beta} {60 x gamma} ${mark}`;
  const second = "beta beta beta";
  const held = threads.stage.gate.trap(
    { method: "POST", path: "/discord/channels/", body: second },
    { do: "hold-after" },
  );
  const thread = await threads.say(`[[chunks 1]] [[say ${text}]]`);
  await held.reached();
  threads.record(
    thread,
    "posting an answer of several messages: one is there, one has arrived and nobody knows, one is not sent",
    text,
    [
      "SELECT 1 FROM turns WHERE state = 'posting'",
      "SELECT 1 FROM outbox WHERE status = 'pending'",
      "SELECT 1 FROM posts WHERE part = 0 AND confirmed = 1",
      "SELECT 1 FROM posts WHERE part = 1 AND message_id IS NULL",
    ],
  );
}

/** Another message in the thread waits for the answer to the first. */
async function waiting(threads: Threads): Promise<void> {
  const held = threads.stage.gate.trap({ path: MODEL, body: "one in the thread" }, { do: "hold-before" });
  const thread = await threads.say("[[say one in the thread]]");
  await held.reached();
  await until("the thread", () =>
    threads.town.discord.world.threads(threads.town.channel("porter")).find(({ id }) => id === thread),
  );
  await threads.town.say(threads.bridge, thread, "[[say two in the thread]]");
  threads.record(
    thread,
    "running, in a model call with nothing to show; another message of its thread waits",
    "one in the thread two in the thread",
    ["SELECT 1 FROM inbox WHERE status = 'waiting'"],
  );
}

async function dm(threads: Threads): Promise<void> {
  const { id } = threads.town.discord.world.openDm(threads.town.place.userId);
  const held = threads.stage.gate.trap({ path: MODEL, body: "between us" }, { do: "hold-before" });
  await threads.town.say(threads.bridge, id, "[[say between us]]");
  await held.reached();
  threads.record(id, "a DM: running, in a model call", "between us", [
    "SELECT 1 FROM turns WHERE state = 'running'",
  ]);
}
