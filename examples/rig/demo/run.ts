/** `npm run demo:rig`: a label on GitHub becomes a merged pull request, told as it happens. */
import { styleText } from "node:util";
import { startRigStage } from "./stage.ts";
import { playStory, type Told } from "./story.ts";

console.log(`The example rig on this machine: conductor-e, dev-e and review-e in one Worker. GitHub and Discord are stand-ins in this
process, and the demo model plays the agents from a script: it is no AI. The calls, the events and the doors are real.
`);

await using stage = await startRigStage();
console.log(`The Worker is at ${stage.worker.url}\n`);

const told = await playStory(stage, (line) =>
  console.log(line.startsWith(" ") ? line : `\n${styleText("bold", line)}`),
);
print(told);

function print({ issues, agents, events, runs }: Told): void {
  heading("GET /api/issues");
  for (const { streamId, title, state, agentId, branch, prNumber, review } of issues)
    console.log(
      `  ${streamId}  ${title}  ${state}, by ${agentId} on ${branch}, #${prNumber}, review ${review}`,
    );
  heading("GET /api/agents");
  for (const { agentId, status, lastHeartbeat } of agents)
    console.log(`  ${agentId.padEnd(12)} ${status.padEnd(8)} heartbeat ${lastHeartbeat}`);
  heading("GET /api/events/stream");
  for (const { type, data, timestamp } of events)
    console.log(`  ${timestamp}  ${type.padEnd(16)} ${String(data.agentId ?? "")}`.trimEnd());
  heading("GET /agents/conductor-e/cron/coordinate/runs");
  for (const { trigger, state, quiet } of runs)
    console.log(`  ${trigger}: ${state}${quiet ? ", quiet" : ""}`);
}

function heading(text: string): void {
  console.log(`\n${styleText("bold", text)}`);
}
