/** What conversations share: money, choices, assignments, and the rig's conductor. */
import { createTicket } from "../../../shared/auth/ticket.ts";
import { PERMISSIONS } from "../../../shared/discord/permissions.ts";
import { ADMIN_TOKEN } from "../secrets.ts";
import { record, type Stage, until, untilTurn } from "../stage.ts";
import { BY_HAND, type Town } from "../town.ts";

import { MINUTE_MS, yesterdayAtNine } from "./clock.ts";

const MODEL = "/model/";
const REPO = "acme/shop";
const ISSUE = 7;

export async function prepareShared(stage: Stage, town: Town): Promise<void> {
  const { doors, manifest } = stage;
  // A ceiling, and something spent under it.
  const saver = doors.chat("saver", "spending");
  await saver.send("1", "[[say worth it]]");
  await untilTurn(saver, "chat:1", "done");
  // A model and a provider that people have chosen.
  const channelId = town.channel("help");
  const chosen = { component_type: 3, custom_id: "1:model", values: ["claude-haiku-5-5"] };
  const { world } = town.discord;
  const { id: userId } = world.createUser({ username: "ann", globalName: "Ann" });
  world.join(town.place.guildId, userId, { permissions: String(PERMISSIONS.MANAGE_GUILD) });
  const { id: messageId } = world.say(channelId, userId, "a message to press on");
  const view = await world.interact(channelId, userId, { type: 3, data: chosen, messageId }, BY_HAND);
  const answered = await doors.interact("chooser", world, view);
  await until(
    "the choice to be confirmed",
    () => world.ephemerals(userId).find(({ content }) => content.includes("answers from now on")),
    () => answered.response,
  );
  record(stage, {
    name: `chooser/interaction:${view.id}`,
    holds: "a command that was answered",
    shows: [{ channelId, user: userId, says: "`claude-haiku-5-5` answers from now on." }],
  });
  await doors.ask("/agents/chooser/provider", { method: "PUT", body: { provider: "demo" } });
  stage.proofs.push(
    { class: "AgentHub", name: "chooser", query: "SELECT 1 FROM settings WHERE name = 'provider'" },
    { class: "AgentHub", name: "chooser", query: "SELECT 1 FROM settings WHERE name LIKE 'model:%'" },
  );
  // The rig: an issue that is done with, notes, what was learned.
  const tell = (body: object) => doors.ask("/api/events", { method: "POST", body });
  await tell({
    type: "ISSUE_APPROVED",
    repo: REPO,
    issueNumber: 6,
    title: "an earlier one",
    priority: "normal",
  });
  await stage.cron(yesterdayAtNine() + MINUTE_MS);
  await until("it to be worked on", () =>
    stage.model.requests("an earlier one").find(({ state }) => state === "finished"),
  );
  record(stage, { name: `hand/assignment:${REPO}#6`, holds: "an assignment that is over" });
  const note = { agentId: "hand", repo: REPO, issueNumber: 6, level: "info", message: "a note" };
  await doors.ask("/api/execution-logs", { method: "POST", body: note });
  const learning = { agentId: "hand", repo: REPO, learning: "tests first" };
  await doors.ask("/api/repo-learnings", { method: "POST", body: learning });
  // A login ticket that was used.
  const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
  manifest.usedTicket = await createTicket(ADMIN_TOKEN, { now: Date.now(), random });
  const entered = await fetch(new URL(`/login?ticket=${manifest.usedTicket}`, doors.url), {
    redirect: "manual",
  });
  if (entered.status !== 200) throw new Error(`the ticket was answered ${entered.status}`);
}

export async function openShared(stage: Stage): Promise<void> {
  const { doors, gate, manifest } = stage;
  const saver = doors.chat("saver", "spending");
  const held = gate.trap({ path: MODEL, body: "worth it too" }, { do: "hold-before" });
  await saver.send("2", "[[say worth it too]]");
  await held.reached();
  record(
    stage,
    {
      name: "saver/chat:spending",
      holds: "a turn that is done, and one in its model call, for which money is set aside",
      turns: [
        { event: "chat:1", state: "done", says: "worth it" },
        { event: "chat:2", state: "done", says: "worth it too" },
      ],
    },
    "SELECT 1 FROM turns WHERE state = 'running'",
  );
  stage.proofs.push({ class: "AgentHub", name: "saver", query: "SELECT 1 FROM reservations" });
  // An assignment that is worked on.
  const working = gate.trap({ path: MODEL, body: "an assigned one" }, { do: "hold-before" });
  const title = "[[say an assigned one]]";
  await doors.ask("/api/events", {
    method: "POST",
    body: { type: "ISSUE_APPROVED", repo: REPO, issueNumber: ISSUE, title, priority: "high" },
  });
  await stage.cron(yesterdayAtNine() + 31 * MINUTE_MS);
  await working.reached();
  const stream = `${REPO}#${ISSUE}`;
  manifest.assignment = { stream, event: `assignment:${stream}:1` };
  record(
    stage,
    { name: `hand/assignment:${stream}`, holds: "an assignment: running, in a model call" },
    "SELECT 1 FROM turns WHERE state = 'running'",
  );
  stage.proofs.push(
    { class: "AgentHub", name: "hand", query: "SELECT 1 FROM settings WHERE name = 'assignment'" },
    { class: "AgentHub", name: "hand", query: "SELECT 1 FROM settings WHERE name LIKE 'heartbeat:%'" },
  );
}

/** The last thing that happens: a turn that ends as the runtime dies, so that its call is not reported yet. */
export async function endUnreported(stage: Stage): Promise<void> {
  const chat = stage.doors.chat("desk", "unreported");
  await chat.send("1", "[[say not reported yet]]");
  await untilTurn(chat, "chat:1", "done");
  record(
    stage,
    {
      name: "desk/chat:unreported",
      holds: "a turn that is done; its model call is not reported yet",
      turns: [{ event: "chat:1", state: "done", says: "not reported yet" }],
    },
    "SELECT 1 FROM reports",
  );
}

/** What operators and agents read of D1. */
export async function readShared(stage: Stage): Promise<void> {
  const paths = [
    "/agents/desk/users/playground/facts",
    "/agents/desk/patterns",
    "/agents/chooser/provider",
    "/api/issues",
    "/api/queue",
    `/api/repo-learnings?repo=${REPO}`,
    "/api/execution-logs?agentId=hand",
    `/api/events/stream?id=${encodeURIComponent(`${REPO}#6`)}`,
  ];
  for (const path of paths) stage.manifest.reads[path] = await stage.doors.ask(path);
}
