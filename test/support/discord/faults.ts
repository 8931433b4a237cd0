/** Carries out what {@link FaultCommands} say. */
import type { FaultCommands } from "./fault-commands.ts";
import type { GatewayConnection } from "./gateway/connection.ts";
import type { GatewayFaults } from "./gateway/faults.ts";
import { OP } from "./gateway/frames.ts";
import type { GatewayRoom } from "./gateway/room.ts";
import type { InteractionFault, InteractionFaults } from "./interactions/faults.ts";
import type { RestFault, RestFaults } from "./rest/faults.ts";

interface FaultsOptions {
  rest: RestFaults;
  gateway: GatewayFaults;
  interactions: InteractionFaults;
  room: GatewayRoom;
  connections: ReadonlySet<GatewayConnection>;
}

export class Faults implements FaultCommands {
  readonly #rest: RestFaults;
  readonly #gateway: GatewayFaults;
  readonly #interactions: InteractionFaults;
  readonly #room: GatewayRoom;
  readonly #connections: ReadonlySet<GatewayConnection>;

  constructor({ rest, gateway, interactions, room, connections }: FaultsOptions) {
    this.#rest = rest;
    this.#gateway = gateway;
    this.#interactions = interactions;
    this.#room = room;
    this.#connections = connections;
  }

  rest(fault: RestFault): void {
    this.#rest.inject(fault);
  }

  restLatency(latencyMs: number): void {
    this.#rest.latencyMs = latencyMs;
  }

  dropSockets(code?: number): void {
    for (const connection of this.#connections) {
      if (code === undefined) connection.terminate();
      else connection.close(code, "as told");
    }
  }

  stopAcknowledging(): void {
    this.#gateway.isSilent = true;
  }

  acknowledgeAgain(): void {
    this.#gateway.isSilent = false;
  }

  expireSessions(): void {
    this.#room.expire();
  }

  refuseConnections(forMs: number): void {
    this.#gateway.refusedUntil = this.#room.store.now() + forMs;
  }

  requestReconnect(): void {
    for (const connection of this.#connections) connection.send({ op: OP.reconnect, d: null });
  }

  requestHeartbeat(): void {
    for (const connection of this.#connections) connection.send({ op: OP.heartbeat, d: null });
  }

  invalidateSessions(options: { resumable: boolean }): void {
    for (const connection of this.#connections) {
      if (!options.resumable && connection.session) this.#room.forget(connection.session);
      this.#room.tally.invalidSessions += 1;
      connection.send({ op: OP.invalidSession, d: options.resumable });
    }
  }

  refuseSessions(times: number): void {
    this.#gateway.invalidSessions = times;
  }

  duplicateDispatches(times: number): void {
    this.#gateway.duplicates = times;
  }

  interactions(fault: InteractionFault): void {
    this.#interactions.inject(fault);
  }

  clear(): void {
    this.#interactions.clear();
    this.#rest.clear();
    this.#gateway.clear();
  }
}
