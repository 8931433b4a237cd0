import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { runCommands } from "../../../cli/commands.ts";
import { type DoctorIo, runDoctor } from "../../../cli/doctor.ts";
import type { Target } from "../../../cli/target.ts";
import { startEndpoint } from "../support-discord/endpoint.ts";
import { startSetting } from "../support-discord/setting.ts";
import { commandIo } from "./discord-io.ts";

const ADMIN_TOKEN = "admin-secret";
const discord = { channels: ["#general"] };

/** What a Worker says of `dev-e`, ends with the test. */
async function startWorker(gateway: string | null): Promise<Target> {
  const provider = { name: "anthropic", demo: false, ready: true, note: null };
  const answers: Record<string, object> = {
    "/agents/dev-e": { id: "dev-e", provider },
    "/agents/dev-e/gateway": { shards: [{ gateway, heardUntil: null }] },
  };
  const server = createServer((request, response) => {
    const isAdmin = request.headers.authorization === `Bearer ${ADMIN_TOKEN}`;
    const answer = answers[request.url ?? ""];
    response.writeHead(isAdmin ? (answer ? 200 : 404) : 401, { "Content-Type": "application/json" });
    response.end(JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, adminToken: ADMIN_TOKEN };
}

/** `dev-e` with its commands registered and an endpoint that knows Discord's key, in a server with #general. */
async function healthy() {
  const setting = await startSetting();
  const key = setting.world.publicKey();
  const endpoint = await startEndpoint(key);
  const { origin } = new URL(endpoint.url);
  expect(await runCommands(["sync", "dev-e"], commandIo(setting.discord, { discord }).io)).toBe(0);
  setting.world.setInteractionsEndpoint(`${origin}/agents/dev-e/interactions`);
  return { ...setting, endpoint, origin, key, worker: await startWorker("g1") };
}

type Healthy = Awaited<ReturnType<typeof healthy>>;

/** Runs `rig doctor` on it. */
async function doctor(
  { discord: fake, origin, key, worker }: Healthy,
  options: { argv?: string[]; fields?: object; environment?: Record<string, string> } = {},
) {
  const environment = { DISCORD_BOT_TOKEN: fake.token, DISCORD_PUBLIC_KEY: key, ...options.environment };
  const { io, written } = commandIo(fake, { discord, ...options.fields }, environment);
  const whole: DoctorIo = { ...io, findWorker: async () => worker };
  const code = await runDoctor(options.argv ?? ["dev-e", "--url", origin], whole);
  for (const secret of [environment.DISCORD_BOT_TOKEN, ADMIN_TOKEN].filter(Boolean))
    expect(written.output + written.errors).not.toContain(secret);
  return { code, ...written };
}

/** The lines that something is wrong, and what to do about it. */
const wrongs = (output: string) => output.match(/✗.*\n.*→.*/g) ?? [];

describe("rig doctor", () => {
  it("finds nothing wrong where all is well, and has Discord itself verify the endpoint", async () => {
    const setting = await healthy();
    const { code, output } = await doctor(setting);
    expect(wrongs(output)).toEqual([]);
    expect(code).toBe(0);
    expect(output).toMatch(/✓ token +that of rig\n/);
    expect(output).toContain("DISCORD_PUBLIC_KEY is the application's");
    expect(output).toContain("Message Content is switched on");
    expect(output).toContain("all 11 are registered");
    expect(output).toContain("Discord has verified it just now");
    expect(output).toContain("#general on Home: all permissions that are needed");
    expect(output).toContain("1 shard is held by g1");
    expect(output).toMatch(/\nNothing is wrong\.\n$/);
    // Two strangers' PINGs, and the forged one that Discord sends beside its own.
    expect(setting.endpoint.refused).toBe(3);
    expect(setting.discord.violations).toEqual([]);
  });

  it("tells everything that is wrong at once, each with what to do", async () => {
    const setting = await healthy();
    setting.world.deny(setting.channel.id, "SEND_MESSAGES_IN_THREADS");
    setting.endpoint.keys = [];
    const { code, output } = await doctor(
      { ...setting, worker: await startWorker(null) },
      {
        fields: { name: "Other", discord: { channels: ["#general", "#nowhere"], install: ["user"] } },
        environment: { DISCORD_APPLICATION_ID: "100000000000000001" },
      },
    );
    expect(code).toBe(1);
    expect(wrongs(output)).toHaveLength(7);
    expect(output).toMatch(/✗ application +DISCORD_APPLICATION_ID is 100000000000000001/);
    expect(output).toMatch(/✗ installation +User Install is off/);
    expect(output).toMatch(
      /✗ commands .*1 to add, 10 to change, 1 to remove\n +→ npx rig commands sync dev-e\n/,
    );
    expect(output).toMatch(/✗ endpoint +Discord cannot verify it/);
    expect(output).toMatch(/✗ channel +#general on Home: Send Messages in Threads is missing/);
    expect(output).toMatch(/✗ channel +#nowhere: no server of the bot has such a channel/);
    expect(output).toMatch(/✗ gateway +nobody holds shard 0/);
    expect(output).toMatch(/\n7 things are wrong\.\n$/);
  });

  it.each([
    ["the bot", "/users/@me$", "✗ token"],
    ["the application", "/applications/@me$", "✗ application"],
    ["the commands", "/commands$", "✗ commands"],
    ["a server", "/guilds/\\d+$", "– channel"],
  ])("goes on with the other findings when an answer about %s cannot be read", async (_, pattern, mark) => {
    const setting = await healthy();
    setting.discord.faults.rest({
      kind: "answer",
      status: 200,
      headers: { "Content-Type": "application/json" },
      body: '{"captive":"portal"}',
      matching: { method: "GET", pattern },
    });
    const { output } = await doctor(setting);
    expect(output).toMatch(new RegExp(`${mark} .*an answer without what is needed`));
    expect(output).toContain("1 shard is held by g1");
    const isAboutApplication = pattern.startsWith("/applications");
    expect(output.includes("Message Content is switched on")).toBe(!isAboutApplication);
  });

  it("sets the endpoint when it is asked to", async () => {
    const setting = await healthy();
    setting.world.setInteractionsEndpoint(null);
    expect((await doctor(setting)).output).toMatch(/– endpoint +none is set/);
    const { code, output } = await doctor(setting, {
      argv: ["dev-e", "--url", setting.origin, "--set-endpoint"],
    });
    expect(code).toBe(0);
    expect(output).toContain(`✓ endpoint      ${setting.origin}/agents/dev-e/interactions`);
    const { body } = await setting.call("GET", "/applications/@me");
    expect(body.interactions_endpoint_url).toBe(`${setting.origin}/agents/dev-e/interactions`);
  });

  it("leaves the endpoint as it is where Discord cannot verify the new one", async () => {
    const setting = await healthy();
    setting.world.setInteractionsEndpoint(null);
    setting.endpoint.keys = [];
    const { code, output } = await doctor(setting, {
      argv: ["dev-e", "--url", setting.origin, "--set-endpoint"],
    });
    expect(code).toBe(1);
    expect(output).toMatch(/✗ endpoint +Discord cannot verify it/);
    expect(output).toMatch(/– endpoint +none is set/);
  });

  it("does without the Worker where nobody says where it is", async () => {
    const setting = await healthy();
    const { code, output } = await doctor({ ...setting, worker: "Nothing runs here." }, { argv: ["dev-e"] });
    expect(code).toBe(0);
    expect(output).toMatch(/– Worker +not looked at: Nothing runs here\./);
    expect(output).toContain("Discord has verified it just now");
  });

  it("looks at a channel by its id, at the one above a thread, and says which it cannot see", async () => {
    const setting = await healthy();
    const { world, channel, guild, mia } = setting;
    const message = world.say(channel.id, mia.id, "Hello");
    const started = await setting.call("POST", `${setting.messagesPath}/${message.id}/threads`, {
      name: "T",
    });
    const hidden = world.createChannel(guild.id, "hidden");
    world.deny(hidden.id, "VIEW_CHANNEL");
    world.deny(channel.id, "ATTACH_FILES");
    const channels = [channel.id, String(started.body.id), hidden.id, "100000000000000001"];
    const { output } = await doctor(setting, { fields: { discord: { channels } } });
    expect(output).toContain("#general on Home: Attach Files is missing");
    expect(output).toContain("#T on Home: Attach Files is missing");
    expect(output).toContain(`${hidden.id}: the bot does not see it`);
    expect(output).toContain("100000000000000001: no server of the bot has such a channel");
    expect(setting.discord.violations).toEqual([]);
  });

  it("needs a bot token, and says which variables may hold it", async () => {
    const { code, output } = await doctor(await healthy(), { environment: { DISCORD_BOT_TOKEN: "" } });
    expect(code).toBe(1);
    expect(output).toMatch(
      /✗ token +there is no bot token here\n +→ set DEV_E__DISCORD_BOT_TOKEN or DISCORD_BOT_TOKEN /,
    );
  });

  it("says what to do about a token that Discord refuses", async () => {
    const { code, output } = await doctor(await healthy(), {
      environment: { DISCORD_BOT_TOKEN: "wrong-token" },
    });
    expect(code).toBe(1);
    expect(output).toMatch(
      /✗ token +Discord refuses the bot token\n +→ Developer Portal → Bot → Reset Token/,
    );
  });

  it.each([
    [[]],
    [["dev-e", "rev-e"]],
    [["dev-e", "--url", "rig"]],
    [["dev-e", "--set-endpoint"]],
    [["dev-e", "--fix"]],
  ])("tells how it is used when called as %j", async (argv) => {
    const setting = await startSetting();
    const { io, written } = commandIo(setting.discord);
    expect(await runDoctor(argv, { ...io, findWorker: async () => "none" })).toBe(2);
    expect(written.errors).toMatch(/^Usage: rig doctor <agent>/);
    expect(setting.discord.requests).toEqual([]);
  });
});
