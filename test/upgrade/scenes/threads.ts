/** Messages in Discord to the agent `porter`, whose answers have a thread of their own each. */
import type { Bridge } from "../doors.ts";
import type { ConversationEntry } from "../fixture.ts";
import { record, type Stage, until } from "../stage.ts";
import type { BotMessage, Town } from "../town.ts";

export const AGENT = "porter";
export const MODEL = "/model/";
export const pay = (mark: string) => `[[tool post_payments ${JSON.stringify({ body: { mark } })}]]`;

/** A town whose gateway is connected. */
export interface Connected {
  stage: Stage;
  town: Town;
  bridge: Bridge;
}

type End = Pick<ConversationEntry, "acts" | "after" | "calls">;

/** An answer of which something is shown, and of which the model says nothing more until it is told to go on. */
interface Growing {
  thread: string;
  shown: BotMessage & { customId: string };
  goOn: (after?: string) => void;
}

export class Threads {
  readonly stage: Stage;
  readonly town: Town;
  readonly bridge: Bridge;

  constructor({ stage, town, bridge }: Connected) {
    this.stage = stage;
    this.town = town;
    this.bridge = bridge;
  }

  /** Somebody writes. @returns the thread of the answer: it has the message's id. */
  say(text: string): Promise<string> {
    return this.town.say(this.bridge, this.town.channel(AGENT), text);
  }

  /** Writes down what is left of the conversation in a thread. @param says what is shown there at the end. */
  record(thread: string, holds: string, says: string, queries: string[], end: End = {}): void {
    const shows = [{ channelId: thread, says }];
    record(this.stage, { name: `${AGENT}/${thread}`, holds, shows, ...end }, ...queries);
  }

  press(thread: string, messageId: string, customId: string) {
    return this.town.press(this.stage.doors, AGENT, { channelId: thread, messageId, customId });
  }

  /** Waits for a message under which nothing can be pressed. */
  untilShown(channelId: string, content: string): Promise<true> {
    const read = () => this.town.shown(channelId);
    const isThere = () => read().some((each) => each.content === content && each.controls.length === 0);
    return until(`${content} in ${channelId}`, () => isThere() || undefined, read);
  }

  /** Has an answer grow: its beginning is there, with Stop under it. @param end last words of the answer. */
  async grow(end: string): Promise<Growing> {
    const stalled = this.stage.gate.trap({ path: MODEL, body: end }, { do: "stall", after: "alpha" });
    const thread = await this.say(`[[chunks 4]] [[say alpha beta. gamma delta. epsilon zeta. ${end}]]`);
    await stalled.reached();
    return { thread, shown: await this.town.offered(thread, "stop"), goOn: stalled.goOn };
  }
}
