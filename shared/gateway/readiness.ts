/** Why a shard is not ready: a word for metrics, and a sentence for people. */

export type NotReadyCause =
  /** Nobody knows yet how many shards there are, or what this one is to do. */
  | "starting"
  /** The Worker has not given the lease, or does not answer, or does not believe the gateway. */
  | "no-lease"
  | "worker"
  /** Discord has asked to be left alone for a while. */
  | "retry-after"
  | "discord-away"
  | "network-refusal"
  | "discord-refusal"
  | "token-refused"
  /** The day's session starts are used up, or the next one has to wait for its turn. */
  | "identify-limit"
  /** A connection to Discord is on its way. */
  | "connecting"
  /** Discord refuses for good; somebody has to change something. */
  | "fatal";

export interface NotReady {
  cause: NotReadyCause;
  says: string;
}
