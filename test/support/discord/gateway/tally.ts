/** What tests read of the Gateway. */
import type { Shard } from "./intents.ts";

/** What has happened at the Gateway. */
export interface GatewayTally {
  connections: number;
  /** URL paths of the connections, `/gateway` or `/resume`, in order. */
  paths: string[];
  identifies: number;
  /** IDENTIFYs that came faster than `max_concurrency` allows. */
  earlyIdentifies: number;
  resumes: number;
  /** Op 9 sent. */
  invalidSessions: number;
  heartbeats: number;
  /** Heartbeats that carry no sequence that the client can have: `null` after a RESUME, or one that was not sent yet. */
  strangeHeartbeats: number;
  /** Close codes that the server sent. */
  closes: number[];
  /** Times that a session began while another of the same shard had a socket. */
  rivals: number;
}

/** One session, for tests to read. */
export interface SessionView {
  id: string;
  shard: Shard;
  intents: number;
  isConnected: boolean;
  seq: number;
  resumes: number;
}
