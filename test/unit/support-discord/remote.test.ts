import { expect, it } from "vitest";
import { remoteDiscord } from "../../support/discord/remote.ts";
import { startSetting } from "./setting.ts";

it("does over HTTP what it does in its own process", async () => {
  const { discord, channel, mia, call } = await startSetting();
  const remote = remoteDiscord(discord.restUrl);
  const { id } = await remote.world.say(channel.id, mia.id, "Hello");
  await remote.faults.rest({ kind: "status", status: 502, times: 1 });
  expect((await call("GET", "/users/@me")).status).toBe(502);
  expect(await remote.world.messages(channel.id)).toMatchObject([{ id, content: "Hello" }]);
  const report = await remote.report();
  expect(report.requests).toMatchObject([{ path: "/users/@me", status: 502, fault: "status" }]);
  expect(report.tally.rest.requests).toBe(1);
  await remote.forget();
  expect((await remote.report()).requests).toEqual([]);
});

it("says what was wrong with a call", async () => {
  const { discord } = await startSetting();
  const remote = remoteDiscord(discord.restUrl);
  await expect(remote.world.messages("1")).rejects.toThrow("world.messages: Unknown Channel");
  const response = await fetch(new URL("/__call", discord.restUrl), {
    method: "POST",
    body: JSON.stringify({ target: "world", method: "constructor", args: [] }),
  });
  expect([response.status, await response.json()]).toEqual([404, { error: "there is no such method" }]);
});
