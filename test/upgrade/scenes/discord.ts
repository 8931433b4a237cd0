/** Messages in Discord to the agent `porter`: answers in each state of their posts. Each has a thread of its own. */
import type { Bridge } from "../doors.ts";
import type { Act, ConversationEntry } from "../fixture.ts";
import type { Fate } from "../gate.ts";
import { record, type Stage, until } from "../stage.ts";
import type { Town } from "../town.ts";

const AGENT = "porter";
/** How a press is answered that was not refused (Discord, "Interaction Callback Type"). */
const DEFERRED_UPDATE = 6;
const MODEL = "/model/";
const pay = (mark: string) => `[[tool post_payments ${JSON.stringify({ body: { mark } })}]]`;
const nameOf = (thread: string) => `${AGENT}/${thread}`;

/** A town whose gateway is connected. */
export interface Connected {
  stage: Stage;
  town: Town;
  bridge: Bridge;
}

type End = Pick<ConversationEntry, "acts" | "after" | "calls">;

export class ThreadScenes {
  readonly #stage: Stage;
  readonly #town: Town;
  readonly #bridge: Bridge;

  constructor({ stage, town, bridge }: Connected) {
    this.#stage = stage;
    this.#town = town;
    this.#bridge = bridge;
  }

  async prepare(): Promise<void> {
    await this.#done();
    await this.#stopped();
  }

  async open(): Promise<void> {
    await this.#growing();
    await this.#firstPost("hold-after", "the post that shows it has arrived, and nobody knows");
    await this.#firstPost("hold-before", "the post that shows it has not arrived, and nobody knows");
    await this.#edit();
    await this.#complete();
    await this.#parked();
    await this.#unasked();
    await this.#failed();
    await this.#retried();
    await this.#stopping();
    await this.#waiting();
    await this.#dm();
  }

  /** Somebody writes. @returns the thread of the answer: it has the message's id. */
  #say(text: string): Promise<string> {
    return this.#town.say(this.#bridge, this.#town.channel("porter"), text);
  }

  #record(thread: string, holds: string, says: string, queries: string[], end: End = {}): void {
    record(
      this.#stage,
      { name: nameOf(thread), holds, shows: [{ channelId: thread, says }], ...end },
      ...queries,
    );
  }

  #press(thread: string, messageId: string, customId: string) {
    return this.#town.press(this.#stage.doors, AGENT, { channelId: thread, messageId, customId });
  }

  async #done(): Promise<void> {
    const stalled = this.#stage.gate.trap({ path: MODEL, body: "was done" }, { do: "stall", after: "this" });
    const thread = await this.#say("[[chunks 2]] [[say this one was done]]");
    await stalled.reached();
    const { id, customId } = await this.#town.offered(thread, "stop");
    stalled.goOn();
    await this.#untilShown(thread, "this one was done");
    const press: Act = {
      ...{ do: "press", channelId: thread, messageId: id, customId },
      expect: "not running any more",
    };
    this.#record(
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

  #untilShown(channelId: string, content: string): Promise<true> {
    const read = () => this.#town.shown(channelId);
    const isThere = () => read().some((each) => each.content === content && each.controls.length === 0);
    return until(`${content} in ${channelId}`, () => isThere() || undefined, read);
  }

  async #stopped(): Promise<void> {
    const stalled = this.#stage.gate.trap(
      { path: MODEL, body: "never seen" },
      { do: "stall", after: "half" },
    );
    const thread = await this.#say("[[chunks 2]] [[say half of what was never seen]]");
    await stalled.reached();
    const { id, customId, content } = await this.#town.offered(thread, "stop");
    await this.#press(thread, id, customId);
    await this.#untilShown(thread, `${content}\n-# stopped`);
    const press: Act = {
      ...{ do: "press", channelId: thread, messageId: id, customId },
      expect: "stopped already",
    };
    this.#record(
      thread,
      "an answer that was stopped, and says so",
      `${content} -# stopped`,
      ["SELECT 1 FROM turns WHERE state = 'cancelled'"],
      { after: [press] },
    );
  }

  /** An answer that grows: some of it is there, under it Stop, and the model says nothing more. */
  async #grow(end: string): Promise<{
    thread: string;
    shown: { id: string; customId: string; content: string };
    goOn: (after?: string) => void;
  }> {
    const stalled = this.#stage.gate.trap({ path: MODEL, body: end }, { do: "stall", after: "alpha" });
    const thread = await this.#say(`[[chunks 4]] [[say alpha beta. gamma delta. epsilon zeta. ${end}]]`);
    await stalled.reached();
    return { thread, shown: await this.#town.offered(thread, "stop"), goOn: stalled.goOn };
  }

  async #growing(): Promise<void> {
    const { thread, shown } = await this.#grow("grown up");
    this.#record(
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

  async #firstPost(fate: "hold-before" | "hold-after", holds: string): Promise<void> {
    const end = `first post ${fate}`;
    const held = this.#stage.gate.trap(
      { method: "POST", path: "/discord/channels/", body: `alpha ${fate}` },
      { do: fate },
    );
    const stalled = this.#stage.gate.trap({ path: MODEL, body: end }, { do: "stall", after: "alpha" });
    const thread = await this.#say(`[[chunks 2]] [[say alpha ${fate} and what comes then, ${end}]]`);
    await stalled.reached();
    await held.reached();
    this.#record(thread, `running, in a model call; ${holds}`, `alpha ${fate} and what comes then, ${end}`, [
      "SELECT 1 FROM posts WHERE confirmed = 0 AND message_id IS NULL",
    ]);
  }

  async #edit(): Promise<void> {
    const { thread, goOn } = await this.#grow("edited");
    const held = this.#stage.gate.trap({ method: "PATCH", path: thread }, { do: "hold-after" });
    goOn("gamma");
    await held.reached();
    this.#record(
      thread,
      "running, in a model call; an edit of what is shown has arrived, and nobody knows",
      "alpha beta. gamma delta. epsilon zeta. edited",
      ["SELECT 1 FROM posts WHERE confirmed = 0 AND message_id IS NOT NULL"],
    );
  }

  /** The answer is complete and in three messages: the first is there, of the second nobody knows. */
  async #complete(): Promise<void> {
    const mark = "in three parts";
    const text = `{340 x alpha} {340 x beta} {60 x gamma} ${mark}`;
    const second = "beta beta beta";
    const held = this.#stage.gate.trap(
      { method: "POST", path: "/discord/channels/", body: second },
      { do: "hold-after" },
    );
    const thread = await this.#say(`[[chunks 1]] [[say ${text}]]`);
    await held.reached();
    this.#record(
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

  async #parked(): Promise<void> {
    for (const act of ["approve", "decline"] as const) {
      const mark = `${act}d by a button`;
      const thread = await this.#say(`[[say Let us see.]] ${pay(mark)} [[finally So it is ${mark}.]]`);
      const { id, customId } = await this.#town.offered(thread, act);
      const sign = act === "approve" ? "✅" : "🚫";
      const decision = act === "approve" ? "approved" : "declined";
      this.#record(
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
  async #unasked(): Promise<void> {
    const mark = "nobody was asked";
    const held = this.#stage.gate.trap(
      { method: "POST", path: "/discord/channels/", body: mark },
      { do: "hold-before" },
    );
    const thread = await this.#say(`${pay(mark)} [[finally declined at last]]`);
    await held.reached();
    this.#record(
      thread,
      "parked: what asks for approval has not arrived",
      "-# 🚫 `post_payments` `declined by Mia` declined at last",
      ["SELECT 1 FROM turns WHERE state = 'parked'", "SELECT 1 FROM posts WHERE message_id IS NULL"],
      { acts: [{ do: "press-offered", channelId: thread, action: "decline" }], calls: { mark, times: 0 } },
    );
  }

  /** A model that is overloaded, for one question. */
  #overload(mark: string): void {
    const overloaded: Fate = {
      ...{ do: "answer", status: 529, headers: { "retry-after-ms": "10" } },
      body: { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
    };
    this.#stage.gate.trap({ path: MODEL, body: mark }, overloaded, 4);
  }

  async #failed(): Promise<void> {
    this.#overload("at the second try");
    const thread = await this.#say("[[say answered at the second try]]");
    const { id, customId } = await this.#town.offered(thread, "retry");
    const press: Act = { do: "press", channelId: thread, messageId: id, customId };
    const [failure] = this.#town.shown(thread);
    this.#record(
      thread,
      "an answer that failed, with Retry under it",
      `${failure?.content} answered at the second try`,
      ["SELECT 1 FROM turns WHERE state = 'failed'", "SELECT 1 FROM posts WHERE controls LIKE '%:retry:%'"],
      { acts: [press, { ...press, expect: "tried again already" }] },
    );
  }

  async #retried(): Promise<void> {
    this.#overload("at the third try");
    const thread = await this.#say("[[say answered at the third try]]");
    const { id, customId } = await this.#town.offered(thread, "retry");
    const [failure] = this.#town.shown(thread);
    const held = this.#stage.gate.trap({ path: MODEL, body: "at the third try" }, { do: "hold-before" });
    // The button is there a moment before the turn is over.
    await until("the press to be taken", async () => {
      const { response } = await this.#press(thread, id, customId);
      return response?.type === DEFERRED_UPDATE || undefined;
    });
    await held.reached();
    this.#record(
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
  async #stopping(): Promise<void> {
    const { thread, shown } = await this.#grow("never said");
    const held = this.#stage.gate.trap({ method: "PATCH", path: thread }, { do: "hold-before" });
    await this.#press(thread, shown.id, shown.customId);
    await held.reached();
    this.#record(
      thread,
      "an answer that was stopped; what is shown of it does not say so yet",
      `${shown.content} -# stopped`,
      ["SELECT 1 FROM posts WHERE stopping = 1"],
    );
  }

  /** Another message in the thread waits for the answer to the first. */
  async #waiting(): Promise<void> {
    const held = this.#stage.gate.trap({ path: MODEL, body: "one in the thread" }, { do: "hold-before" });
    const thread = await this.#say("[[say one in the thread]]");
    await held.reached();
    await until("the thread", () =>
      this.#town.discord.world.threads(this.#town.channel("porter")).find(({ id }) => id === thread),
    );
    await this.#town.say(this.#bridge, thread, "[[say two in the thread]]");
    this.#record(
      thread,
      "running, in a model call with nothing to show; another message of its thread waits",
      "one in the thread two in the thread",
      ["SELECT 1 FROM inbox WHERE status = 'waiting'"],
    );
  }

  async #dm(): Promise<void> {
    const { id } = this.#town.discord.world.openDm(this.#town.place.userId);
    const held = this.#stage.gate.trap({ path: MODEL, body: "between us" }, { do: "hold-before" });
    await this.#town.say(this.#bridge, id, "[[say between us]]");
    await held.reached();
    this.#record(id, "a DM: running, in a model call", "between us", [
      "SELECT 1 FROM turns WHERE state = 'running'",
    ]);
  }
}
