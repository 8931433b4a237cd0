import { describe, expect, it } from "vitest";
import { readTextCommand } from "../../../shared/commands/text-command.ts";

describe("a message", () => {
  it.each([
    ["status", { name: "status" }],
    [" /Status ", { name: "status" }],
    ["/provider", { name: "provider" }],
    ["use codex", { name: "use", provider: "codex" }],
    ["Use  OpenAI", { name: "use", provider: "OpenAI" }],
    ["/use nobody", { name: "use", provider: "nobody" }],
  ])("%j is a command", (text, command) => {
    expect(readTextCommand(text)).toEqual(command);
  });

  it.each([
    "status?",
    "what is the status",
    "status of the build",
    "use",
    "use typescript",
    "use codex for this",
    "/use codex please",
    "//status",
    "/ status",
    "provider anthropic",
    "",
    "/",
  ])("%j is for the model", (text) => {
    expect(readTextCommand(text)).toBeNull();
  });
});
