/** The link of the agent `usher`: messages that are held, messages that were missed, and what its sessions have of them. */
import type { Bridge } from "../doors.ts";
import { record, type Stage, until } from "../stage.ts";
import type { Town } from "../town.ts";

const AGENT = "usher";
const MODEL = "/model/";

/** Sessions of the gateway, before and after its outage. */
const BEFORE = "session-before";
const AFTER = "session-after";

export async function openLink(stage: Stage, town: Town): Promise<void> {
  const { doors, gate } = stage;
  const bridge = await town.connect(doors, AGENT, BEFORE);
  const [help, busy, late] = ["help", "busy", "late"].map((name) => town.channel(name)) as [
    string,
    string,
    string,
  ];

  const held = gate.trap({ path: MODEL, body: "help 1" }, { do: "hold-before" });
  await town.say(bridge, help, "[[say help 1]]");
  await held.reached();
  const edited = town.write(help, "[[say help two]]");
  const withdrawn = town.write(help, "[[say help never]]");
  await bridge.deliver(edited, withdrawn);
  const now = town.discord.world.edit(help, edited.d.id, "[[say help 2]]");
  await bridge.deliver({ t: "MESSAGE_UPDATE", d: { ...now, guild_id: town.place.guildId } });
  town.discord.world.delete(help, withdrawn.d.id);
  await bridge.deliver({
    t: "MESSAGE_DELETE",
    d: { id: withdrawn.d.id, channel_id: help, guild_id: town.place.guildId },
  });
  // One may wait besides the edited one; what comes then is held by the link.
  for (const n of [3, 4, 5]) await town.say(bridge, help, `[[say help ${n}]]`);

  const alsoHeld = gate.trap({ path: MODEL, body: "busy 1" }, { do: "hold-before" });
  for (const n of [1, 2, 3]) await town.say(bridge, busy, `[[say busy ${n}]]`);
  await alsoHeld.reached();
  await town.say(bridge, late, "[[say late 1]]");
  await until("an answer", () => town.shown(late).find(({ content }) => content === "late 1"));

  await waitingQuestion(stage, town, bridge);

  // An outage: nobody tells of these.
  for (const n of [4, 5]) town.write(busy, `[[say busy ${n}]]`);
  for (const n of [2, 3]) town.write(late, `[[say late ${n}]]`);
  const page = gate.trap({ method: "GET", path: `/channels/${late}/messages` }, { do: "hold-before" });
  const again = await town.connect(doors, AGENT, AFTER);
  await page.reached();
  await town.say(again, late, "[[say late 4]]");
  town.place.sessions[AGENT] = { id: AFTER, seq: again.seq };

  record(
    stage,
    {
      name: `${AGENT}/${help}`,
      holds:
        "running, in a model call; two messages wait, one of them edited; one was withdrawn; two are held by the link",
      shows: [{ channelId: help, says: "help 1 help 2 help 3 help 4 help 5" }],
    },
    "SELECT count(*) AS n FROM inbox WHERE status = 'waiting' GROUP BY status HAVING n = 2",
    "SELECT 1 FROM inbox WHERE status = 'forgotten'",
  );
  record(
    stage,
    {
      name: `${AGENT}/${busy}`,
      holds:
        "running, in a model call; two messages wait; two that were missed have been read and are held by the link",
      shows: [{ channelId: busy, says: "busy 1 busy 2 busy 3 busy 4 busy 5" }],
    },
    "SELECT 1 FROM turns WHERE state = 'running'",
  );
  record(
    stage,
    {
      name: `${AGENT}/${late}`,
      holds:
        "an answer; in the link, two missed messages are being read, and one that came since is held behind them",
      shows: [{ channelId: late, says: "late 1 late 2 late 3 late 4" }],
    },
    "SELECT 1 FROM turns WHERE state = 'done'",
  );
  const link = `${AGENT}/0`;
  for (const query of [
    "SELECT 1 FROM held WHERE source = 'live'",
    "SELECT 1 FROM held WHERE source = 'missed'",
    "SELECT 1 FROM channels WHERE is_catching_up = 1",
    "SELECT 1 FROM routed",
    `SELECT 1 FROM link WHERE session_id = '${AFTER}'`,
  ])
    stage.proofs.push({ class: "GatewayLink", name: link, query });
}

/** A question by `/ask` waits in the conversation of a channel, behind the answer to a message. */
async function waitingQuestion(stage: Stage, town: Town, bridge: Bridge): Promise<void> {
  const lobby = town.channel("lobby");
  const held = stage.gate.trap({ path: MODEL, body: "lobby 1" }, { do: "hold-before" });
  await town.say(bridge, lobby, "[[say lobby 1]]");
  await held.reached();
  town.registerCommands(AGENT);
  await town.ask(stage.doors, AGENT, { channelId: lobby }, { prompt: "[[say asked in the lobby]]" });
  record(
    stage,
    {
      name: `${AGENT}/${lobby}`,
      holds: "running, in a model call; a question that was deferred waits behind it",
      // Its deferral has stood there from the beginning.
      shows: [{ channelId: lobby, says: "asked in the lobby lobby 1" }],
    },
    "SELECT 1 FROM inbox WHERE status = 'waiting' AND event LIKE '%\"interaction\"%'",
  );
}

/** A user has a thread of her own, in which what she writes later is answered. */
export async function openUserThread(stage: Stage, town: Town): Promise<void> {
  const agent = "keeper";
  const bridge = await town.connect(stage.doors, agent, "session-of-keeper");
  const thread = await town.say(bridge, town.channel(agent), "[[say kept]]");
  await until("an answer", () => town.shown(thread).find(({ content }) => content === "kept"));
  town.place.sessions[agent] = { id: "session-of-keeper", seq: bridge.seq };
  town.place.userThread = thread;
  record(
    stage,
    {
      name: `${agent}/${thread}`,
      holds: "an answer in a user's thread",
      shows: [{ channelId: thread, says: "kept" }],
    },
    "SELECT 1 FROM turns WHERE state = 'done'",
  );
  stage.proofs.push({ class: "GatewayLink", name: `${agent}/0`, query: "SELECT 1 FROM user_threads" });
}
