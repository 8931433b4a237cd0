/** Types of channels (Discord, "Channel Types") by what may happen in them. */

const TEXT = 0;
const DM = 1;
const CATEGORY = 4;
const ANNOUNCEMENT = 5;
const THREADS: readonly number[] = [10, 11, 12];
const DIRECTORY = 14;

/** A thread that is started from a message of a text channel: PUBLIC_THREAD. */
export const PUBLIC_THREAD = 11;

export function isThread(type: number): boolean {
  return THREADS.includes(type);
}

export function isDm(type: number): boolean {
  return type === DM;
}

/** Whether a thread can be started from a message in it. */
export function canStartThreads(type: number): boolean {
  return type === TEXT || type === ANNOUNCEMENT;
}

/** Whether there are messages in it, or in threads below it. */
export function holdsMessages(type: number): boolean {
  return type !== CATEGORY && type !== DIRECTORY;
}
