/** Everything that can be made to go wrong. Arguments are plain JSON, so that another process can say it too. */
import type { InteractionFault } from "./interactions/faults.ts";
import type { RestFault } from "./rest/fault.ts";

export interface FaultCommands {
  /** REST requests fail; see {@link RestFault} for how and how often. */
  rest(fault: RestFault): void;
  /** From now on it is as unkind as this profile, or several: `edge+slow`. @throws RangeError when there is none of this name */
  profile(name: string): void;
  /** Milliseconds before each REST answer. */
  restLatency(latencyMs: number): void;
  /** Closes the sockets of the Gateway with a code, or without one breaks them. Their sessions can be resumed. */
  dropSockets(code?: number): void;
  /** Heartbeats are not acknowledged any more: the connection is a zombie. */
  stopAcknowledging(): void;
  acknowledgeAgain(): void;
  /** No session can be resumed any more. Sockets stay, and hear nothing. */
  expireSessions(): void;
  /** New Gateway connections are refused for so long. */
  refuseConnections(forMs: number): void;
  /** Op 7: reconnect and resume. */
  requestReconnect(): void;
  /** Op 1 from the server: beat at once. */
  requestHeartbeat(): void;
  /** Op 9 for those that are connected; not resumable, their sessions are gone. */
  invalidateSessions(options: { resumable: boolean }): void;
  /** The next so many IDENTIFYs and RESUMEs are answered with op 9, `false`. */
  refuseSessions(times: number): void;
  /** The next so many dispatches come twice, with two sequences. */
  duplicateDispatches(times: number): void;
  /** Interactions are delivered wrongly over HTTP; see {@link InteractionFault} for how and how often. */
  interactions(fault: InteractionFault): void;
  /** Ends every fault, and goes back to the profile that it was started with. What has happened stays. */
  clear(): void;
}
