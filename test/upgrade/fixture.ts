/**
 * A fixture: the state of a Worker of some version, the Discord that it talked to, and what has to become of it.
 *
 * `manifest.json` says what is in it. The state stands beside it as SQL, one file for each object without the tables of its class,
 * which stand in `<Class>/schema.sql`; where the Worker's own addresses stand in it, {@link NOWHERE} does.
 */

/** Stands for the address of everything that the Worker calls. */
export const NOWHERE = "http://gate.invalid";

export interface Manifest {
  /** The commit whose code has made it. */
  commit: string;
  /** When it was made: when the runtime was killed, in Unix milliseconds. The clock of whoever opens it begins then. */
  madeAt: number;
  /** States that storage can hold and that are not in it, with the reason. */
  missing: string[];
  /** Every object with anything stored, with the time at which its alarm rings (Unix milliseconds). */
  objects: { class: string; name: string; file: string; alarmAt: number | null }[];
  conversations: ConversationEntry[];
  /** What agents have spent by then, as their hubs say. */
  spent: Record<string, { usd: number; calls: number }>;
  /** Model calls of which the hubs had not heard by then. */
  unheard: number;
  discord: DiscordEntry;
  cron: CronEntry[];
  /** What operators and agents read of D1, by path, as it was answered. */
  reads: Record<string, unknown>;
  /** A login ticket that was used. */
  usedTicket: string;
  /** What the conductor's agent `hand` works on. */
  assignment: { stream: string; event: string };
}

export interface DiscordEntry {
  guildId: string;
  userId: string;
  /** By name. */
  channels: Record<string, string>;
  /** Gateway sessions by agent, with the last sequence that was acknowledged. */
  sessions: Record<string, { id: string; seq: number }>;
  /** The user's own thread, in which the agent `keeper` answers her. */
  userThread: string;
}

/** A conversation: what is in it, what is done to it, and how it ends. */
export interface ConversationEntry {
  /** Name of its object. */
  name: string;
  /** What its storage holds. */
  holds: string;
  /** What the test does once it is awake. */
  acts?: Act[];
  /** What is done once it has ended; it changes nothing. */
  after?: Act[];
  /** The turns that the web shows at the end, oldest first. */
  turns?: TurnEnd[];
  /** What stands in Discord at the end. */
  shows?: Shown[];
  /** How often calls with this mark may reach the tools after the upgrade; GETs are not counted. */
  calls?: { mark: string; times: number };
}

export type Act =
  | { do: "approve" | "decline" }
  /** Stops what is running, which has to be running. */
  | { do: "stop" }
  /** Sends a message that was sent before; it counts as the same. */
  | { do: "send-again"; id: string; text: string }
  /** Waits for a button to be offered, and presses it. `user`: only they see it. */
  | { do: "press-offered"; channelId: string; action: string; user?: string }
  /** Presses a button that was there. `expect`: a part of what the user is told; absent: nothing is refused. */
  | { do: "press"; channelId: string; messageId: string; customId: string; expect?: string };

export interface TurnEnd {
  event: string;
  state: "done" | "failed" | "cancelled";
  /** All of its text; `{N x words}` stands for the words N times. */
  says: string;
}

/** All that the bot shows in a place, in one text: white space does not count. */
export interface Shown {
  /** A channel, thread or DM; `user`: what only they see of it. */
  channelId: string;
  user?: string;
  says: string;
}

/** Jobs' runs at the end, newest first. */
export interface CronEntry {
  agent: string;
  job: string;
  runs: { id: string; state: string; output: string | null }[];
}

/** `{N x words}` stands for the words N times, as in what the fake model is told to say. */
export function expand(text: string): string {
  return text.replace(/\{(\d+) x ([^}]*)\}/g, (_, count: string, words: string) =>
    Array.from({ length: Number(count) }, () => words).join(" "),
  );
}
