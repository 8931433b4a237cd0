/**
 * What the supervisor (`rig start`) and its child, the Worker's host, say to each other over the child's IPC channel. One
 * message each way; there is none for stopping: the end of the channel is, because it also ends when the supervisor
 * is killed.
 */
import type { Settings } from "../settings.ts";

/** To the host: what to run. */
export interface HostOptions {
  port: number;
  stateDirectory: string;
  /** Values for what neither the shell nor .dev.vars sets. */
  defaults: Settings;
  /** Values from the shell; they win. */
  overrides: Settings;
}

/** From the host: it listens, or it gave up. */
export type HostReport =
  | { type: "ready"; url: string; settings: Settings }
  | { type: "failed"; message: string };
