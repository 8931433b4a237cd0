import { afterEach, expect, it, vi } from "vitest";
import { createLogger, DEFAULT_LOG_LEVEL, setLogLevel } from "../../shared/log.ts";
import { applyLogLevel } from "../../workers/log-level.ts";

afterEach(() => {
  setLogLevel(DEFAULT_LOG_LEVEL);
  vi.restoreAllMocks();
});

it.each([
  ["debug", true],
  ["warn", false],
  ["", false],
  [undefined, false],
])("RIG_LOG_LEVEL of %j decides whether details are told, and brings no warning", (setting, isTold) => {
  const [debug, warn] = [vi.spyOn(console, "debug"), vi.spyOn(console, "warn")];
  applyLogLevel(setting);
  createLogger().log("debug", "detail");
  expect(debug.mock.calls.length === 1).toBe(isTold);
  expect(warn).not.toHaveBeenCalled();
});

it.each(["loud", 7])("RIG_LOG_LEVEL of %j is told as a warning, and info holds", (setting) => {
  const [debug, info, warn] = [
    vi.spyOn(console, "debug"),
    vi.spyOn(console, "info"),
    vi.spyOn(console, "warn"),
  ];
  setLogLevel("error");
  applyLogLevel(setting);
  for (const level of ["debug", "info"] as const) createLogger().log(level, "x");
  expect([debug.mock.calls.length, info.mock.calls.length]).toEqual([0, 1]);
  expect(JSON.parse(String(warn.mock.calls[0]?.[0]))).toEqual({
    level: "warn",
    event: "log.level_unknown",
    variable: "RIG_LOG_LEVEL",
    found: String(setting),
    expected: "one of debug, info, warn, error",
  });
});
