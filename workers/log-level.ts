import {
  createLogger,
  DEFAULT_LOG_LEVEL,
  LOG_LEVEL_VARIABLE,
  LOG_LEVELS,
  readLogLevel,
  setLogLevel,
} from "../shared/log.ts";

/**
 * Has this isolate log what the Worker's variable asks for. A Worker has nobody to refuse to start for: a level that is none
 * is told as a warning, and the default holds.
 */
export function applyLogLevel(setting: unknown): void {
  const level = typeof setting === "string" ? readLogLevel(setting) : undefined;
  setLogLevel(level ?? DEFAULT_LOG_LEVEL);
  if (level !== undefined || setting === undefined) return;
  const expected = `one of ${LOG_LEVELS.join(", ")}`;
  createLogger().log("warn", "log.level_unknown", {
    variable: LOG_LEVEL_VARIABLE,
    found: String(setting),
    expected,
  });
}
