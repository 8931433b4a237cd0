/** Running what a batch's events left to do: in order within a lane, lanes side by side. */

/** What is left to do for one event. */
export interface Errand {
  /** Of its event. */
  trace: string;
  /** The channel it is about. */
  channelId: string;
  /** The conversation that it concerns; a thread hears first of the message that starts it, then of those in it. */
  conversation?: string;
  /** The message of the channel that has been dealt with when it is done. */
  seen?: string;
  run: () => Promise<void>;
}

/** An event's place in its session, and what it left to do. */
export interface SequencedErrand {
  seq: number;
  errand: Errand | null;
}

/** How a batch went. */
export interface BatchOutcome {
  /** Every event of the batch up to this sequence is stored; `null`: not even the first. */
  storedUpTo: number | null;
  /** The last message of each channel that was dealt with. */
  seen: ReadonlyMap<string, string>;
  /** Why errands failed; those behind them are not among it. */
  failures: readonly { trace: string; channelId: string; error: unknown }[];
}

/** Runs errands, each after those before it in its channel and its conversation. One that fails stops these, and no other. */
export async function runErrands(sequenced: readonly SequencedErrand[]): Promise<BatchOutcome> {
  const seen = new Map<string, string>();
  const failures: { trace: string; channelId: string; error: unknown }[] = [];
  const unstored: number[] = [];
  const run = async ({ trace, channelId, seen: messageId, run }: Errand): Promise<boolean> => {
    try {
      await run();
    } catch (error) {
      failures.push({ trace, channelId, error });
      return false;
    }
    if (messageId !== undefined) seen.set(channelId, messageId);
    return true;
  };
  /** Whether the last errand of each lane so far is done. */
  const lanes = new Map<string, Promise<boolean>>();
  for (const { seq, errand } of sequenced) {
    if (!errand) continue;
    const names = [errand.channelId, errand.conversation ?? errand.channelId];
    const before = Promise.all(names.map((name) => lanes.get(name) ?? true));
    const done = before.then(async (all) => {
      const isDone = all.every(Boolean) && (await run(errand));
      if (!isDone) unstored.push(seq);
      return isDone;
    });
    for (const name of names) lanes.set(name, done);
  }
  await Promise.all(lanes.values());
  const sequences = sequenced.map(({ seq }) => seq);
  return { storedUpTo: storedUpTo(sequences, unstored), seen, failures };
}

/** The highest sequence below every one that is not stored: the cursor never passes an event, in whatever order they came. */
export function storedUpTo(sequences: readonly number[], unstored: readonly number[]): number | null {
  const firstUnstored = Math.min(...unstored, Number.POSITIVE_INFINITY);
  const before = sequences.filter((seq) => seq < firstUnstored);
  return before.length > 0 ? Math.max(...before) : null;
}
