/**
 * How much a line matters, from the least to the most. `debug`: how one event came to its end. `info`: it happened. `warn`: it
 * went on, but somebody may want to know. `error`: someone must act.
 */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The variable that says which lines are written, in the gateway's environment and among the Worker's alike. */
export const LOG_LEVEL_VARIABLE = "RIG_LOG_LEVEL";
export const DEFAULT_LOG_LEVEL: LogLevel = "info";

/**
 * Values of one log line; never a secret, never a message's text. `trace` is the id of the event that the line is about
 * (docs/logs.md).
 */
export type LogFields = Record<string, string | number | boolean | null | undefined>;

/** Writes log lines that all carry the same fields. */
export interface Logger {
  log(level: LogLevel, event: string, fields?: LogFields): void;
  with(fields: LogFields): Logger;
}

let leastLevel: LogLevel = DEFAULT_LOG_LEVEL;

/** Says which lines are written from now on, whoever has made their logger: a process, or an isolate, has one level. */
export function setLogLevel(level: LogLevel): void {
  leastLevel = level;
}

/** Reads a level's name; empty text is the default. @returns `undefined` for what is none. */
export function readLogLevel(text: string): LogLevel | undefined {
  return LOG_LEVELS.find((level) => level === (text.trim() || DEFAULT_LOG_LEVEL));
}

/** One JSON line per event on the console, where Workers Logs, `wrangler tail` and `kubectl logs` read it. */
export function createLogger(common: LogFields = {}): Logger {
  return {
    log(level, event, fields = {}) {
      if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(leastLevel)) return;
      console[level](JSON.stringify({ level, event, ...common, ...fields }));
    },
    with: (fields) => createLogger({ ...common, ...fields }),
  };
}
