/** The schedule of the agent `clock`, and webhooks that are told of things. */
import { DAY_MS } from "../../../shared/time/utc-period.ts";
import { record, type Stage, until } from "../stage.ts";

const AGENT = "clock";
const MODEL = "/model/";
export const MINUTE_MS = 60_000;

interface Run {
  id: string;
  state: string;
  output: string | null;
}

const runs = async (stage: Stage, job: string) =>
  (await stage.doors.ask<{ runs: Run[] }>(`/agents/${AGENT}/cron/${job}/runs`)).runs;

/** Nine o'clock (UTC) of the day before, by which the trigger fires here. */
export function yesterdayAtNine(now: number = Date.now()): number {
  return now - (now % DAY_MS) - DAY_MS + 9 * 60 * MINUTE_MS;
}

const idOf = (job: string, at: number) => `${job}:${new Date(at).toISOString()}`;

/** One run is over. */
export async function prepareClock(stage: Stage): Promise<void> {
  const nine = yesterdayAtNine();
  await stage.cron(nine - MINUTE_MS);
  await stage.cron(nine);
  await until("the run to be over", async () =>
    (await runs(stage, "morning")).find(({ state }) => state === "succeeded"),
  );
  stage.proofs.push({ class: "CronSchedule", name: AGENT, query: "SELECT 1 FROM cron_jobs" });
}

export async function openClock(stage: Stage): Promise<void> {
  const nine = yesterdayAtNine();
  const { gate } = stage;
  // Two parts by a webhook: one is there, one has arrived and nobody knows.
  const post = gate.trap(
    { method: "POST", path: "/discord/webhooks/", body: "last words" },
    { do: "hold-after" },
  );
  await stage.cron(nine + 30 * MINUTE_MS);
  await post.reached();
  const posted = {
    id: idOf("posted", nine + 30 * MINUTE_MS),
    state: "succeeded",
    output: "{450 x words} last words",
  };
  record(
    stage,
    {
      name: `${AGENT}/cron:posted`,
      holds: "posting by a webhook: the first part is there, the second has arrived and nobody knows",
    },
    "SELECT 1 FROM turns WHERE state = 'posting'",
    "SELECT 1 FROM posts WHERE part = 0 AND confirmed = 1",
    "SELECT 1 FROM posts WHERE part = 1 AND confirmed = 0",
  );
  const held = gate.trap({ path: MODEL, body: "by hand" }, { do: "hold-before" });
  const body = { job: "by-hand", id: "run-1" };
  // Whoever asks waits for the end, which this runtime does not see.
  stage.doors.ask(`/agents/${AGENT}/run`, { method: "POST", body }).catch(() => {});
  await held.reached();
  await until("the run to be handed over", async () =>
    (await runs(stage, "by-hand")).find(({ state }) => state === "running"),
  );
  record(
    stage,
    {
      name: `${AGENT}/cron:by-hand:manual:run-1`,
      holds: "a run by hand: running, in a model call",
    },
    "SELECT 1 FROM turns WHERE state = 'running'",
  );
  record(stage, { name: `${AGENT}/cron:morning`, holds: "a run that is over" });
  stage.proofs.push(
    { class: "CronSchedule", name: AGENT, query: "SELECT 1 FROM cron_runs WHERE state = 'running'" },
    { class: "CronSchedule", name: AGENT, query: "SELECT 1 FROM cron_runs WHERE state = 'succeeded'" },
  );
  stage.manifest.missing.push(
    "cron_runs in the state pending, or stopping: a run is handed to its session, and a replaced one stopped there, in the request that makes it so; no server is asked in between that could be held",
  );
  stage.manifest.cron.push(
    { agent: AGENT, job: "posted", runs: [posted] },
    {
      agent: AGENT,
      job: "morning",
      runs: [{ id: idOf("morning", nine), state: "succeeded", output: "good morning" }],
    },
    {
      ...{ agent: AGENT, job: "by-hand" },
      runs: [{ id: "by-hand:manual:run-1", state: "succeeded", output: "by hand" }],
    },
  );
}

export async function openWebhooks(stage: Stage): Promise<void> {
  const held = stage.gate.trap({ path: MODEL, body: "an alert" }, { do: "hold-before" });
  const status = await stage.doors.alert("hooked", "alert-1", "[[say an alert]]");
  if (status !== 202) throw new Error(`the alert was answered ${status}`);
  await held.reached();
  record(
    stage,
    {
      name: "hooked/webhook:alerts",
      holds: "a delivery: running, in a model call",
      calls: { mark: "", times: 0 },
    },
    "SELECT 1 FROM turns WHERE state = 'running'",
  );
}
