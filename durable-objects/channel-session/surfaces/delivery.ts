import type { TurnFailure } from "../engine/journal.ts";

/** What became of something that had to be said. `undeliverable`: another try would not change that. */
export type Delivery = { status: "sent" } | { status: "undeliverable"; failure: TurnFailure };

export const SENT: Delivery = { status: "sent" };
