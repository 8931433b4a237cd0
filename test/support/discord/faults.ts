/** Everything that can be made to go wrong. Arguments are plain JSON. */
import type { GatewayConnection } from "./gateway/connection.ts";
import type { GatewayFaults } from "./gateway/faults.ts";
import { OP } from "./gateway/frames.ts";
import type { GatewayRoom } from "./gateway/room.ts";
import type { RestFault, RestFaults } from "./rest/faults.ts";

interface FaultsOptions {
  rest: RestFaults;
  gateway: GatewayFaults;
  room: GatewayRoom;
  connections: ReadonlySet<GatewayConnection>;
}

export class Faults {
  readonly #rest: RestFaults;
  readonly #gateway: GatewayFaults;
  readonly #room: GatewayRoom;
  readonly #connections: ReadonlySet<GatewayConnection>;

  constructor({ rest, gateway, room, connections }: FaultsOptions) {
    this.#rest = rest;
    this.#gateway = gateway;
    this.#room = room;
    this.#connections = connections;
  }

  /** REST requests fail; see {@link RestFault} for how and how often. */
  rest(fault: RestFault): void {
    this.#rest.inject(fault);
  }

  /** Milliseconds before each REST answer. */
  restLatency(latencyMs: number): void {
    this.#rest.latencyMs = latencyMs;
  }

  /** Closes the sockets of the Gateway with a code, or without one breaks them. Their sessions can be resumed. */
  dropSockets(code?: number): void {
    for (const connection of this.#connections) {
      if (code === undefined) connection.terminate();
      else connection.close(code, "as told");
    }
  }

  /** Heartbeats are not acknowledged any more: the connection is a zombie. */
  stopAcknowledging(): void {
    this.#gateway.isSilent = true;
  }

  acknowledgeAgain(): void {
    this.#gateway.isSilent = false;
  }

  /** No session can be resumed any more. Sockets stay, and hear nothing. */
  expireSessions(): void {
    this.#room.expire();
  }

  /** New Gateway connections are refused for so long. */
  refuseConnections(forMs: number): void {
    this.#gateway.refusedUntil = this.#room.store.now() + forMs;
  }

  /** Op 7: reconnect and resume. */
  requestReconnect(): void {
    for (const connection of this.#connections) connection.send({ op: OP.reconnect, d: null });
  }

  /** Op 1 from the server: beat at once. */
  requestHeartbeat(): void {
    for (const connection of this.#connections) connection.send({ op: OP.heartbeat, d: null });
  }

  /** Op 9 for those that are connected; not resumable, their sessions are gone. */
  invalidateSessions(options: { resumable: boolean }): void {
    for (const connection of this.#connections) {
      if (!options.resumable && connection.session) this.#room.forget(connection.session);
      this.#room.tally.invalidSessions += 1;
      connection.send({ op: OP.invalidSession, d: options.resumable });
    }
  }

  /** The next so many IDENTIFYs and RESUMEs are answered with op 9, `false`. */
  refuseSessions(times: number): void {
    this.#gateway.invalidSessions = times;
  }

  /** The next so many dispatches come twice, with two sequences. */
  duplicateDispatches(times: number): void {
    this.#gateway.duplicates = times;
  }

  /** Ends every fault. What has happened stays. */
  clear(): void {
    this.#rest.clear();
    this.#gateway.clear();
  }
}
