/**
 * The lease of a shard as pure steps: at most one gateway holds it, and each new holder gets a higher epoch, by which the
 * requests of an earlier one are told apart and refused.
 *
 * A signed request can be recorded and sent again within its window, so each step knows when its request was signed. What is
 * not younger than all that was heard of its gateway neither takes a lease nor prolongs one; a release frees nothing but the
 * epoch that it names. Only the gateway's own clock is compared with itself, so a clock that is wrong costs nothing.
 */
import { SIGNATURE_WINDOW_SECONDS } from "../../shared/bridge/signature.ts";

/** How long a lease holds without another request of its holder. */
export const LEASE_TTL_SECONDS = 10;

export interface Lease {
  /** `null`: nobody, since it was never given or was released. */
  holder: string | null;
  /** Of the holder, or of the last one. */
  epoch: number;
  /** Unix milliseconds from which on another gateway may have it. */
  expiresAt: number;
  /** The youngest request of each gateway that may still be sent again. */
  heard: readonly Heard[];
}

interface Heard {
  gateway: string;
  /** Unix seconds, by the gateway's clock. */
  signedAt: number;
}

/** Who asks, and when the request was signed (Unix seconds). */
export type Asking = Heard;

/** Asks on as the holder of an epoch. */
export interface Holding extends Asking {
  epoch: number;
}

/** @param refusal `null`: it is granted. */
export interface LeaseDecision {
  lease: Lease;
  refusal: { holder: string; retryAfterSeconds: number } | null;
}

export const NO_LEASE: Lease = { holder: null, epoch: 0, expiresAt: 0, heard: [] };

/** Asks for the lease, or renews it. @param now Unix milliseconds. */
export function askForLease(lease: Lease, asking: Asking, now: number): LeaseDecision {
  const { gateway } = asking;
  const isReplay = !isNews(lease, asking);
  const heard = remember(lease, asking, now);
  if (lease.holder === gateway && (now < lease.expiresAt || !isReplay)) {
    return { lease: { ...lease, heard, expiresAt: prolonged(lease, isReplay, now) }, refusal: null };
  }
  if (lease.holder !== null && now < lease.expiresAt) {
    return { lease: { ...lease, heard }, refusal: refusal(lease.holder, lease.expiresAt - now) };
  }
  if (isReplay) return { lease: { ...lease, heard }, refusal: refusal(gateway, 0) };
  const expiresAt = now + LEASE_TTL_SECONDS * 1000;
  return { lease: { holder: gateway, epoch: lease.epoch + 1, expiresAt, heard }, refusal: null };
}

/** A request of the holder renews its lease, even a late one, as long as nobody else has come. @returns `null`: fenced. */
export function renewLease(lease: Lease, holding: Holding, now: number): Lease | null {
  if (!isHeldBy(lease, holding)) return null;
  const expiresAt = prolonged(lease, !isNews(lease, holding), now);
  return { ...lease, expiresAt, heard: remember(lease, holding, now) };
}

/** Gives the lease back; whoever asks next has it at once, with the next epoch. @returns `null`: fenced. */
export function releaseLease(lease: Lease, holding: Holding, now: number): Lease | null {
  if (!isHeldBy(lease, holding)) return null;
  return { holder: null, epoch: lease.epoch, expiresAt: now, heard: remember(lease, holding, now) };
}

function isHeldBy({ holder, epoch }: Lease, holding: Holding): boolean {
  return holder === holding.gateway && epoch === holding.epoch;
}

function isNews({ heard }: Lease, { gateway, signedAt }: Asking): boolean {
  return heard.every((earlier) => earlier.gateway !== gateway || earlier.signedAt < signedAt);
}

function prolonged({ expiresAt }: Lease, isReplay: boolean, now: number): number {
  return isReplay ? expiresAt : now + LEASE_TTL_SECONDS * 1000;
}

/** Forgets gateways whose youngest request would be refused for its age by now. */
function remember({ heard }: Lease, { gateway, signedAt }: Asking, now: number): Heard[] {
  const others = heard.filter(
    (earlier) =>
      earlier.gateway !== gateway && (earlier.signedAt + SIGNATURE_WINDOW_SECONDS + 1) * 1000 >= now,
  );
  const youngest = heard.find((earlier) => earlier.gateway === gateway)?.signedAt ?? signedAt;
  return [...others, { gateway, signedAt: Math.max(youngest, signedAt) }];
}

function refusal(holder: string, restMs: number): { holder: string; retryAfterSeconds: number } {
  return { holder, retryAfterSeconds: Math.max(1, Math.ceil(restMs / 1000)) };
}
