/** Running what a batch's events left to do: in order within a channel, channels side by side. */

/** What is left to do for one event. */
export interface Errand {
  channelId: string;
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
  /** Why channels stopped, each with its first failure. */
  failures: readonly { channelId: string; error: unknown }[];
}

/** Runs errands. One that fails stops its channel, and what comes later in it, but no other. */
export async function runErrands(sequenced: readonly SequencedErrand[]): Promise<BatchOutcome> {
  const seen = new Map<string, string>();
  const failures: { channelId: string; error: unknown }[] = [];
  const unstored: number[] = [];
  const byChannel = Map.groupBy(
    sequenced.flatMap(({ seq, errand }) => (errand ? [{ seq, ...errand }] : [])),
    ({ channelId }) => channelId,
  );
  const runChannel = async ([channelId, errands]: [string, (Errand & { seq: number })[]]) => {
    for (const [index, errand] of errands.entries()) {
      try {
        await errand.run();
      } catch (error) {
        failures.push({ channelId, error });
        unstored.push(...errands.slice(index).map(({ seq }) => seq));
        return;
      }
      if (errand.seen !== undefined) seen.set(channelId, errand.seen);
    }
  };
  await Promise.all([...byChannel].map(runChannel));
  return {
    storedUpTo: storedUpTo(
      sequenced.map(({ seq }) => seq),
      unstored,
    ),
    seen,
    failures,
  };
}

/** The highest sequence below every one that is not stored: the cursor never passes an event, in whatever order they came. */
export function storedUpTo(sequences: readonly number[], unstored: readonly number[]): number | null {
  const firstUnstored = Math.min(...unstored, Number.POSITIVE_INFINITY);
  const before = sequences.filter((seq) => seq < firstUnstored);
  return before.length > 0 ? Math.max(...before) : null;
}
