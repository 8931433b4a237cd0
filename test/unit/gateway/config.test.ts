import { describe, expect, it } from "vitest";
import { readConfig } from "../../../gateway/config.ts";

const environment = {
  RIG_AGENT: "dev-e",
  RIG_WORKER_URL: "https://rig-edge.example.workers.dev",
  BRIDGE_SECRET: "secret",
  DISCORD_BOT_TOKEN: "token",
};

describe("the gateway's environment", () => {
  it("needs four variables; the rest has defaults", () => {
    expect(readConfig(environment, "host-1")).toEqual({
      config: {
        agent: "dev-e",
        workerUrl: new URL("https://rig-edge.example.workers.dev"),
        bridgeSecret: "secret",
        botToken: "token",
        discordApiBaseUrl: "https://discord.com/api/v10",
        shards: "recommended",
        gatewayId: "host-1",
        port: 8080,
        logLevel: "info",
      },
    });
  });

  it.each([
    ["0/1", [[0, 1]]],
    [
      "0,1/4",
      [
        [0, 4],
        [1, 4],
      ],
    ],
    ["3,3/4", [[3, 4]]],
  ])("RIG_SHARDS %s is %j", (text, shards) => {
    expect(readConfig({ ...environment, RIG_SHARDS: text }, "h")).toMatchObject({ config: { shards } });
  });

  it("takes a token with the prefix that people copy along", () => {
    const reading = readConfig({ ...environment, DISCORD_BOT_TOKEN: "Bot token" }, "h");
    expect(reading).toMatchObject({ config: { botToken: "token" } });
  });

  it("names everything that is missing, at once", () => {
    const reading = readConfig({}, "h");
    expect("problems" in reading && reading.problems.map((problem) => problem.split(":")[0])).toEqual(
      Object.keys(environment),
    );
  });

  it.each([
    ["RIG_AGENT", "Dev E"],
    ["RIG_AGENT", "../x"],
    ["RIG_WORKER_URL", "rig-edge.example.workers.dev"],
    ["RIG_WORKER_URL", "https://example.org/path"],
    ["RIG_WORKER_URL", "ftp://example.org"],
    ["DISCORD_BOT_TOKEN", "two words"],
    ["DISCORD_API_BASE_URL", "discord.com"],
    ["RIG_SHARDS", "1"],
    ["RIG_SHARDS", "1/1"],
    ["RIG_SHARDS", "a/b"],
    ["RIG_GATEWAY_ID", "two words"],
    ["RIG_GATEWAY_ID", "x".repeat(101)],
    ["PORT", "80.5"],
    ["PORT", "70000"],
    ["RIG_LOG_LEVEL", "loud"],
  ])("refuses %s=%s by name", (name, value) => {
    const reading = readConfig({ ...environment, [name]: value }, "h");
    expect(reading).toEqual({ problems: [expect.stringMatching(`^${name}: expected `)] });
  });

  it("shows no secret in a problem", () => {
    const reading = readConfig({ ...environment, DISCORD_BOT_TOKEN: "very secret", RIG_AGENT: "" }, "h");
    expect(JSON.stringify(reading)).not.toContain("very secret");
  });
});
