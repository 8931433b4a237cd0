import { afterEach, expect, it, vi } from "vitest";
import {
  createLogger,
  DEFAULT_LOG_LEVEL,
  LOG_LEVELS,
  type LogLevel,
  readLogLevel,
  setLogLevel,
} from "../../shared/log.ts";

afterEach(() => {
  setLogLevel(DEFAULT_LOG_LEVEL);
  vi.restoreAllMocks();
});

/** What reaches the console, each line on the method of its level. */
function written(): [LogLevel, unknown][] {
  const lines: [LogLevel, unknown][] = [];
  for (const level of LOG_LEVELS)
    vi.spyOn(console, level).mockImplementation((line: string) => void lines.push([level, JSON.parse(line)]));
  return lines;
}

it.each([
  ["debug", ["debug", "info", "warn", "error"]],
  ["info", ["info", "warn", "error"]],
  ["warn", ["warn", "error"]],
  ["error", ["error"]],
] as const)(
  "%s lets through what is as severe or more, of loggers that were made before too",
  (least, expected) => {
    const lines = written();
    const log = createLogger().with({ trace: "t" });
    setLogLevel(least);
    for (const level of LOG_LEVELS) log.log(level, "x");
    expect(lines.map(([level]) => level)).toEqual(expected);
  },
);

it("is quiet about details unless somebody asks", () => {
  const lines = written();
  createLogger().log("debug", "x");
  expect(lines).toEqual([]);
});

it("a line is JSON with its level, its name, and the fields of all it was made with", () => {
  const lines = written();
  const log = createLogger({ agent: "dev-e" }).with({ trace: "discord:1" });
  log.log("warn", "message.late", { ms: 5, missing: undefined });
  expect(lines).toEqual([
    ["warn", { level: "warn", event: "message.late", agent: "dev-e", trace: "discord:1", ms: 5 }],
  ]);
});

it.each([
  ["debug", "debug"],
  [" warn ", "warn"],
  ["", "info"],
  ["loud", undefined],
  ["INFO", undefined],
])("the level %j is %s", (text, level) => {
  expect(readLogLevel(text)).toBe(level);
});
