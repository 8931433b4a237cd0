/** Carries out what {@link FaultCommands} say. */
import type { FaultCommands } from "./fault-commands.ts";
import type { GatewayConnection } from "./gateway/connection.ts";
import type { GatewayFaults } from "./gateway/faults.ts";
import { OP } from "./gateway/frames.ts";
import type { GatewayRoom } from "./gateway/room.ts";
import type { InteractionFault, InteractionFaults } from "./interactions/faults.ts";
import type { RestFault } from "./rest/fault.ts";
import type { RestFaults } from "./rest/faults.ts";
import { profileNamed } from "./rest/profiles/index.ts";
import type { Profile } from "./rest/profiles/profile.ts";
import type { RateLimits } from "./rest/rate-limits.ts";

interface FaultsOptions {
  rest: RestFaults;
  /** `null`: none. */
  rateLimits: RateLimits | null;
  gateway: GatewayFaults;
  interactions: InteractionFaults;
  room: GatewayRoom;
  connections: ReadonlySet<GatewayConnection>;
}

export class Faults implements FaultCommands {
  readonly #rest: RestFaults;
  readonly #rateLimits: RateLimits | null;
  /** What it was started with. */
  readonly #profile: Profile;
  readonly #gateway: GatewayFaults;
  readonly #interactions: InteractionFaults;
  readonly #room: GatewayRoom;
  readonly #connections: ReadonlySet<GatewayConnection>;

  constructor({ rest, rateLimits, gateway, interactions, room, connections }: FaultsOptions) {
    this.#rest = rest;
    this.#rateLimits = rateLimits;
    this.#profile = rest.profile;
    this.#gateway = gateway;
    this.#interactions = interactions;
    this.#room = room;
    this.#connections = connections;
  }

  rest(fault: RestFault): void {
    this.#rest.inject(fault);
  }

  profile(name: string): void {
    this.#become(profileNamed(name));
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
    this.#become(this.#profile);
  }

  #become(profile: Profile): void {
    if (this.#rest.profile === profile) return;
    this.#rest.profile = profile;
    if (this.#rateLimits) this.#rateLimits.profile = profile;
  }
}
