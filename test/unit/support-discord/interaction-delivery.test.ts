import { expect, it } from "vitest";
import { remoteDiscord } from "../../support/discord/remote.ts";
import { startEndpoint } from "./endpoint.ts";
import { original, startInteractive } from "./interactive.ts";
import { startSetting } from "./setting.ts";

const question = { question: "?" };

it("takes an endpoint only when it answers a PING and refuses a forged one", async () => {
  const { discord, world, call } = await startSetting();
  const set = (url: string | null) => call("PATCH", "/applications/@me", { interactions_endpoint_url: url });
  const good = await startEndpoint(world.publicKey());
  expect(await set(good.url)).toMatchObject({
    status: 200,
    body: { interactions_endpoint_url: good.url, verify_key: world.publicKey() },
  });
  expect([good.refused, discord.violations]).toEqual([1, []]);
  const otherKey = await startEndpoint("0".repeat(64));
  expect(await set(otherKey.url)).toMatchObject({
    status: 400,
    body: { code: 50035, errors: { interactions_endpoint_url: {} } },
  });
  expect((await call("GET", "/applications/@me")).body.interactions_endpoint_url).toBe(good.url);
  expect((await set(null)).body.interactions_endpoint_url).toBeNull();
});

it("says which privileged intents the application has", async () => {
  const all = await startSetting();
  const { flags } = (await all.call("GET", "/applications/@me")).body;
  expect(flags).toBe((1 << 13) | (1 << 15) | (1 << 19));
  const withoutText = await startSetting({ disallowedIntents: 1 << 15 });
  expect((await withoutText.call("GET", "/oauth2/applications/@me")).body).toMatchObject({
    flags: (1 << 13) | (1 << 15),
  });
});

it("signs with another key after a rotation", async () => {
  const { world, channel, mia, endpoint } = await startInteractive();
  const next = world.rotateKey();
  expect(await world.slash(channel.id, mia.id, "ask", question)).toMatchObject({
    status: "failed",
    failure: "the endpoint answered 401",
  });
  endpoint.keys.push(next);
  expect(await world.slash(channel.id, mia.id, "ask", question)).toMatchObject({ status: "answered" });
});

it("forges, backdates, and sends again, when told to", async () => {
  const { discord, world, channel, mia, endpoint } = await startInteractive();
  const ask = () => world.slash(channel.id, mia.id, "ask", question);
  discord.faults.interactions({ kind: "forged", times: 1 });
  expect((await ask()).answers).toMatchObject([{ status: 401 }]);
  discord.faults.interactions({ kind: "stale", byMs: 301_000, times: 1 });
  expect((await ask()).answers).toMatchObject([{ status: 401 }]);
  expect(endpoint.received).toEqual([]);
  discord.faults.interactions({ kind: "duplicate", times: 1 });
  const twice = await ask();
  expect(twice).toMatchObject({ status: "answered", answers: [{ status: 200 }, { status: 200 }] });
  expect(await world.redeliver(twice.id)).toMatchObject({ status: 200 });
  expect(await world.replay(twice.id)).toMatchObject({ status: 200 });
  expect(endpoint.received.map(({ id }) => id)).toEqual(Array.from({ length: 4 }, () => twice.id));
  expect(world.messages(channel.id)).toHaveLength(1);
});

it.each([
  { kind: "late", byMs: 500, times: 1 },
  { kind: "lose-response", times: 1 },
] as const)("hears nothing of an answer under the fault $kind", async (fault) => {
  const { discord, world, channel, mia, endpoint, token } = await startInteractive();
  discord.faults.interactions(fault);
  const asked = await world.slash(channel.id, mia.id, "ask", question);
  expect(endpoint.received).toHaveLength(1);
  expect(asked).toMatchObject({ status: "failed", failure: "the application did not respond" });
  expect(world.messages(channel.id)).toEqual([]);
  expect((await token("PATCH", asked, original, { content: "x" })).body.code).toBe(10015);
});

it("gives up on an endpoint that is too slow", async () => {
  const { world, channel, mia, endpoint } = await startInteractive();
  const { promise, resolve } = Promise.withResolvers<{ json: unknown }>();
  endpoint.answer = () => promise;
  const asked = await world.slash(channel.id, mia.id, "ask", question);
  resolve({ json: { type: 5 } });
  expect(asked).toMatchObject({ status: "failed", answers: [{ status: null }] });
});

it("takes a 202 for a promise to answer over REST", async () => {
  const { discord, world, channel, mia, endpoint, callback } = await startInteractive();
  endpoint.answer = ({ id, token }) => {
    setImmediate(() => void callback({ id, token }, { type: 4, data: { content: "Over REST" } }));
    return { status: 202 };
  };
  expect(await world.slash(channel.id, mia.id, "ask", question)).toMatchObject({ status: "answered" });
  expect(world.messages(channel.id)).toMatchObject([{ content: "Over REST" }]);
  expect(discord.violations).toEqual([]);
});

it("answers a callback once, in time, and with what came of it", async () => {
  const { world, channel, mia, callback } = await startInteractive();
  const ask = (via: "hand" | "gateway") => world.slash(channel.id, mia.id, "ask", question, { via });
  const asked = await ask("hand");
  const hidden = { type: 4, data: { content: "Hidden", flags: 64 } };
  const first = await callback(asked, hidden, "?with_response=true");
  const { messageId } = world.interaction(asked.id);
  expect(first).toMatchObject({
    status: 200,
    body: {
      interaction: {
        id: asked.id,
        type: 2,
        response_message_id: messageId,
        response_message_ephemeral: true,
      },
      resource: { type: 4, message: { id: messageId, content: "Hidden", flags: 64 } },
    },
  });
  expect(await callback(asked, hidden)).toMatchObject({ status: 400, body: { code: 40060 } });
  expect(await callback({ ...asked, token: "other" }, hidden)).toMatchObject({
    status: 404,
    body: { code: 10062 },
  });
  const unheard = await ask("gateway");
  expect(unheard).toMatchObject({ status: "failed", failure: "the application did not respond" });
  expect(await callback(unheard, hidden)).toMatchObject({ status: 404, body: { code: 10062 } });
});

it("limits the requests of each interaction's token, and says so", async () => {
  let now = 1_800_000_000_000;
  const { world, channel, mia, token } = await startInteractive({ now: () => now });
  const deferred = async () => {
    const { id } = await world.slash(channel.id, mia.id, "ask", question, { via: "hand" });
    return world.receive(id, { status: 200, body: JSON.stringify({ type: 5 }) });
  };
  const [asked, other] = [await deferred(), await deferred()];
  const edit = (interaction: { token: string }, content: string) =>
    token("PATCH", interaction, original, { content });
  for (const content of ["1", "2", "3", "4", "5"]) expect((await edit(asked, content)).status).toBe(200);
  expect((await edit(asked, "6")).status).toBe(429);
  expect((await edit(other, "1")).status).toBe(200);
  now += 2000;
  expect((await edit(asked, "7")).status).toBe(200);
});

it("is delivered by the hands of another process, and answers it", async () => {
  const { discord, world, channel, mia } = await startInteractive();
  const remote = remoteDiscord(discord.restUrl);
  const { id, status, request } = await remote.world.slash(channel.id, mia.id, "ask", question, {
    via: "hand",
  });
  expect([status, JSON.parse(request?.body ?? "")]).toMatchObject(["pending", { id, data: { name: "ask" } }]);
  expect(request?.headers).toMatchObject(
    world.sign(request?.headers["x-signature-timestamp"] ?? "", request?.body ?? ""),
  );
  const body = JSON.stringify({ type: 4, data: { content: "By hand" } });
  expect(await remote.world.receive(id, { status: 200, body })).toMatchObject({ status: "answered" });
  expect(await remote.world.messages(channel.id)).toMatchObject([{ content: "By hand" }]);
});
