/** `error`: someone must act. `warn`: it went on, but somebody may want to know. `info`: it happened. */
export type LogLevel = "info" | "warn" | "error";

/** Values of one log line; never a secret, never a message's text. */
export type LogFields = Record<string, string | number | boolean | null | undefined>;

/** Writes log lines that all carry the same fields. */
export interface Logger {
  log(level: LogLevel, event: string, fields?: LogFields): void;
  with(fields: LogFields): Logger;
}

/** One JSON line per event on the console, where Workers Logs and `wrangler tail` read it. */
export function createLogger(common: LogFields = {}): Logger {
  return {
    log(level, event, fields = {}) {
      console[level](JSON.stringify({ level, event, ...common, ...fields }));
    },
    with: (fields) => createLogger({ ...common, ...fields }),
  };
}
