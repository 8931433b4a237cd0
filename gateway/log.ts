import { createLogger, type LogFields, type Logger, type LogLevel } from "../shared/log.ts";

const severity: Readonly<Record<LogLevel, number>> = { info: 0, warn: 1, error: 2 };

/** Log lines of at least this level. */
export function leveledLogger(level: LogLevel, fields: LogFields): Logger {
  return above(level, createLogger(fields));
}

function above(least: LogLevel, logger: Logger): Logger {
  return {
    log(level, event, fields) {
      if (severity[level] >= severity[least]) logger.log(level, event, fields);
    },
    with: (fields) => above(least, logger.with(fields)),
  };
}
