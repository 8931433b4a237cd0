/**
 * One issue on its way through the rig, from its label to done. Everything goes through the doors that a deployed rig has:
 * GitHub's signed webhooks, the Cron Trigger, the HTTP API.
 */
import * as z from "zod";
import { DEMO_REPO } from "./playbooks.ts";
import { type RigStage, waitFor } from "./stage.ts";

const MINUTE_MS = 60_000;
/** Of the coordination loop. */
const LOOP_MS = 5 * MINUTE_MS;

const issuesSchema = z.array(
  z.object({
    streamId: z.string(),
    repo: z.string(),
    issueNumber: z.int(),
    title: z.string(),
    state: z.string(),
    agentId: z.string().nullable(),
    branch: z.string().nullable(),
    prNumber: z.int().nullable(),
    review: z.string().nullable(),
  }),
);
const eventsSchema = z.array(
  z.object({ type: z.string(), data: z.record(z.string(), z.unknown()), timestamp: z.string() }),
);
const agentsSchema = z.array(
  z.object({ agentId: z.string(), status: z.string(), lastHeartbeat: z.string() }),
);
const runsSchema = z.object({
  runs: z.array(z.object({ trigger: z.string(), state: z.string(), quiet: z.boolean() })),
});

/** What the API says when the story is over. */
export interface Told {
  issues: z.infer<typeof issuesSchema>;
  agents: z.infer<typeof agentsSchema>;
  /** The issue's stream. */
  events: z.infer<typeof eventsSchema>;
  /** Of the coordination loop by the clock, newest first. */
  runs: z.infer<typeof runsSchema>["runs"];
  /** What conductor-e answers to `/status`. */
  status: string;
}

/** @param tell hears of each scene as it begins and of what came of it */
export async function playStory(stage: RigStage, tell: (line: string) => void): Promise<Told> {
  const { github, worker, get } = stage;
  const issues = async () => issuesSchema.parse(await get("/api/issues"));
  const inState = (state: string) =>
    waitFor(`an issue that is ${state}`, async () => (await issues()).find((issue) => issue.state === state));
  let heard = 0;
  /** Waits for the next answer in Discord: then the agent's turn is over. */
  const hear = async () => {
    const { agent, text } = await waitFor("an answer in Discord", async () => stage.posts()[heard]);
    heard += 1;
    tell(`  ${agent} says in Discord: ${text.split("\n", 1)[0]}`);
  };
  // Minutes in which the loop has no run of its own, so that the webhook does the work.
  const lastLoop = Math.floor(Date.now() / LOOP_MS) * LOOP_MS;

  tell("A minute begins: the trigger fires, and each agent sends its heartbeat.");
  await worker.tick(lastLoop + MINUTE_MS);
  const agents = () => get("/api/agents").then((answer) => agentsSchema.parse(answer));
  const awake = await waitFor("three heartbeats", async () => {
    const known = await agents();
    return known.length === 3 ? known : undefined;
  });
  tell(`  ${awake.map(({ agentId, status }) => `${agentId} is ${status}`).join(", ")}`);

  tell("On GitHub, mona opens an issue and labels it agent-ready. GitHub signs and delivers both events.");
  const opened = github.openIssue("Totals are rounded twice", "A cart of 0.105 and 0.105 costs 0.22.");
  github.label(opened, "agent-ready");
  await deliver(github, tell);
  const approved = await inState("queued");
  tell(`  conductor-e has searched GitHub and approved ${approved.streamId}: it is queued`);
  await hear();

  tell("The next minute: dev-e has nothing to do, so it is given the next issue, and works on it.");
  await worker.tick(lastLoop + 2 * MINUTE_MS);
  const reviewable = await inState("in_review");
  tell(
    `  ${reviewable.agentId} has made ${reviewable.branch} and opened pull request #${reviewable.prNumber}`,
  );
  await hear();

  tell("GitHub delivers that a pull request was opened.");
  await deliver(github, tell);
  await waitFor("a review", async () => (await issues()).find(({ review }) => review !== null));
  tell("  review-e has read the pull request and approved it");
  await hear();

  tell("The repository merges what is approved, and GitHub delivers that.");
  await deliver(github, tell);
  await inState("done");
  tell("  conductor-e has reported the merge: the issue is done");
  await hear();

  tell("Five minutes are over: the coordination loop runs by the clock, and finds nothing new.");
  await worker.tick(lastLoop + LOOP_MS);
  const runs = await waitFor("the end of the loop", async () => {
    const history = runsSchema.parse(await get("/agents/conductor-e/cron/coordinate/runs")).runs;
    return history.some(({ state }) => state === "succeeded" || state === "failed") ? history : undefined;
  });
  tell(
    `  it ${runs.some(({ quiet }) => quiet) ? "says nothing, and nothing is posted" : "has something to say"}`,
  );

  tell("Somebody asks conductor-e for /status.");
  const status = await stage.ask("conductor-e", "/status");
  for (const line of status.split("\n")) tell(`  ${line}`);

  const stream = `/api/events/stream?id=${encodeURIComponent(`${DEMO_REPO}#${opened.number}`)}`;
  return {
    issues: await issues(),
    agents: await agents(),
    events: eventsSchema.parse(await get(stream)),
    runs,
    status,
  };
}

async function deliver(github: RigStage["github"], tell: (line: string) => void): Promise<void> {
  for (const { event, to, status } of await github.deliver())
    tell(
      `  ${event} → ${new URL(to).pathname}: ${status}${status === 200 ? " (not one it listens to)" : ""}`,
    );
}
