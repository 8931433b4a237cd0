/** What `rig start` starts, in order. */
import { join, resolve } from "node:path";
import { agents } from "../../agents/index.ts";
import { serveQuotesApi } from "../../examples/quotes-api/serve.ts";
import { checkAgents } from "../check/agents.ts";
import { renderReport } from "../check/report.ts";
import { loginUrl } from "../login-link.ts";
import { projectRoot } from "../project.ts";
import { settingsFrom } from "../settings.ts";
import { localAdminToken } from "./admin-token.ts";
import { fetchAgents } from "./agents.ts";
import { renderReady } from "./announcement.ts";
import type { WorkerHost } from "./host-process.ts";
import type { StartOptions } from "./options.ts";
import { freePort } from "./port.ts";
import { type ClaimedState, claimState } from "./state.ts";

/**
 * Starts everything in the host and around it, and says where it is.
 *
 * @param running takes what has to end with the run.
 * @throws Error with what keeps it from starting, in words for a person.
 */
export async function startEverything(
  options: StartOptions,
  host: WorkerHost,
  running: AsyncDisposableStack,
): Promise<void> {
  const report = checkAgents(projectRoot);
  const serious = { ...report, findings: report.findings.filter(({ severity }) => severity !== "info") };
  if (serious.findings.length > 0) process.stderr.write(renderReport(serious, process.stderr.isTTY));
  if (serious.findings.some(({ severity }) => severity === "error")) throw new Error("Nothing was started.");

  const state = await claim();
  await endWith(running, () => state.release());
  if (!running.disposed) await state.record({ hostPid: host.pid });
  const quotes = await serveQuotesApi({ port: 0 });
  await endWith(running, () => quotes.close());

  const { url, settings } = await host.run({
    port: await freePort(options.port, "127.0.0.1"),
    stateDirectory: state.directory,
    defaults: { ADMIN_TOKEN: await localAdminToken(state.directory), QUOTES_API_URL: quotes.url },
    overrides: settingsFrom(process.env, agents),
  });
  // A record that is written after the release would be taken for a crash.
  if (!running.disposed) await state.record({ hostPid: host.pid, url });
  const adminToken = settings.ADMIN_TOKEN ?? "";
  const ready = {
    url,
    login: await loginUrl(url, adminToken),
    stateDirectory: state.directory,
    pid: process.pid,
    startupMs: Math.round(performance.now()),
    agents: await fetchAgents(url, adminToken),
  };
  process.stdout.write(
    options.json ? `${JSON.stringify({ event: "ready", ...ready })}\n` : renderReady(ready),
  );
}

/** A second run in the same folder gets a state of its own, unless it was told which one to take. */
async function claim(): Promise<ClaimedState> {
  const chosen = process.env.RIG_STATE_DIR;
  for (let run = 1; ; run += 1) {
    const standard = join(projectRoot, ".wrangler", run === 1 ? "state" : `state-${run}`);
    const claimed = await claimState(chosen ? resolve(chosen) : standard);
    if ("directory" in claimed) return claimed;
    const { url, supervisor } = claimed.takenBy;
    const other = `rig start already runs here (process ${supervisor.pid}${url === null ? "" : `, ${url}`})`;
    if (chosen) throw new Error(`${other} with the state in ${chosen}.`);
    process.stderr.write(`${other}; this one has conversations of its own.\n`);
  }
}

/** What is only there when the run has been stopped already, ends at once. */
async function endWith(running: AsyncDisposableStack, end: () => Promise<void>): Promise<void> {
  if (running.disposed) await end();
  else running.defer(end);
}
