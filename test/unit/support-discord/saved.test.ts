import { expect, it } from "vitest";
import { type FakeDiscord, startFakeDiscord } from "../../support/discord/fake-discord.ts";

/** A request of the bot's. */
async function post({ restUrl, token }: FakeDiscord, path: string, body: object): Promise<{ id: string }> {
  const response = await fetch(restUrl + path, {
    method: "POST",
    headers: {
      ...{ Authorization: `Bot ${token}`, "Content-Type": "application/json" },
      "User-Agent": "DiscordBot (https://example.com, 1)",
    },
    body: JSON.stringify(body),
  });
  return (await response.json()) as { id: string };
}

it("goes on from what was saved: people, messages, files, nonces and tokens are those that there were", async () => {
  const first = await startFakeDiscord();
  const { world } = first;
  const guild = world.createGuild("Home");
  const channel = world.createChannel(guild.id, "general");
  const mia = world.createUser({ username: "mia" });
  world.join(guild.id, mia.id);
  const attachments = [{ filename: "a.txt", contentType: "text/plain", text: "ä file" }];
  const said = world.say(channel.id, mia.id, "Hello", { attachments });
  world.react(channel.id, said.id, mia.id, "👍");
  world.startThread(channel.id, mia.id, "A thread", said.id);
  const path = `/channels/${channel.id}/messages`;
  const posted = await post(first, path, { content: "once", nonce: "n1", enforce_nonce: true });
  const shown = world.messages(channel.id);
  const asked = await world.interact(
    channel.id,
    mia.id,
    { type: 2, data: { id: "1", name: "ask", type: 1 } },
    { via: "hand" },
  );
  await world.receive(asked.id, { status: 200, body: JSON.stringify({ type: 5 }) });
  const saved: unknown = JSON.parse(JSON.stringify(first.save()));
  await first.close();

  const second = await startFakeDiscord({ saved });
  const again = second.world;
  const withoutOrigin = (value: unknown) =>
    JSON.stringify(value).replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, "");
  expect(again.bot().id).toBe(world.bot().id);
  expect(withoutOrigin(again.messages(channel.id).slice(0, shown.length))).toBe(withoutOrigin(shown));
  expect(again.threads(channel.id)).toMatchObject([{ id: said.id, name: "A thread" }]);
  const [file] = again.messages(channel.id)[0]?.attachments ?? [];
  expect(await (await fetch(file?.url ?? "")).text()).toBe("ä file");
  expect((await post(second, path, { content: "once", nonce: "n1", enforce_nonce: true })).id).toBe(
    posted.id,
  );
  const answer = await fetch(
    `${second.restUrl}/webhooks/${again.bot().id}/${asked.token}/messages/@original`,
    {
      method: "PATCH",
      headers: { "Content-Type": "application/json", "User-Agent": "DiscordBot (https://example.com, 1)" },
      body: JSON.stringify({ content: "by the token" }),
    },
  );
  expect(answer.status).toBe(200);
  // What the token changes is the message that stands in the channel, not another.
  expect(again.messages(channel.id).at(-1)).toMatchObject({ content: "by the token" });
  await second.close();
});
