/** What the routes of the fake REST API share. */
import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import type { InteractionRoom } from "../interactions/room.ts";
import type { Store } from "../store.ts";
import type { Nonces } from "./nonces.ts";
import type { ReadBody, RecordedRequest } from "./request.ts";

/** Hono's types for one request. */
export interface RestEnv {
  Bindings: HttpBindings;
  Variables: { body: ReadBody; record: RecordedRequest };
}

export type RestContext = Context<RestEnv>;

/** What the routes work on. */
export interface RestState {
  store: Store;
  nonces: Nonces;
  interactions: InteractionRoom;
  /** `ws://…`, without a query. */
  gatewayUrl: () => string;
  /** What `GET /gateway/bot` says of IDENTIFYs. */
  sessionStartLimit: () => { total: number; remaining: number; reset_after: number; max_concurrency: number };
  shards: number;
}

/** The JSON body, which has been held against the specification already. */
export function bodyOf<T>(c: RestContext): T {
  return c.var.body.json as T;
}
