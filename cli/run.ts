/** `rig run`: one run of an agent by hand. */
import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import * as z from "zod";
import { type Deployment, runAtTarget } from "./target.ts";

const usage = `Usage: rig run <agent> [job] [--prompt <text>] [--url <origin>] [--json]

Runs a job of the agent now and prints what it says. Its answer goes where the job's answers go.
  job       which one, where the agent has several
  --prompt  what to ask instead; without a job the answer is printed and goes nowhere else
  --url     the deployment, such as https://rig-edge.example.workers.dev (default: the local run)
  --json    print the whole run: state, output, cost, duration

The exit code is 0 when the run succeeded, 1 when it did not, 2 for a wrong call.
`;

/** How long to wait before asking again how a long run goes, in milliseconds. */
const ASK_AGAIN_MS = 2_000;

const runSchema = z.looseObject({
  id: z.string(),
  state: z.string(),
  output: z.string().nullable(),
  quiet: z.boolean(),
  finishedAt: z.number().nullable(),
});

const errorSchema = z.object({ error: z.object({ message: z.string() }) });

/** What is read of a run. */
type Run = z.infer<typeof runSchema>;

/** The Worker does not do what it was asked; the message is its own. */
class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly code = "refused";
}

/**
 * Runs the command.
 *
 * @param argv what follows `rig run`
 * @returns the exit code
 */
export function runAgent(argv: readonly string[]): Promise<number> {
  return runAtTarget(readOptions(argv), usage, async (deployment, options) => {
    try {
      const run = await runToEnd(deployment, options);
      process.stdout.write(options.json ? `${JSON.stringify(run)}\n` : `${run.output ?? ""}\n`);
      if (run.quiet) process.stderr.write("The agent has nothing to say: nothing was posted.\n");
      if (run.state !== "succeeded") process.stderr.write(`The run has ${run.state}.\n`);
      return run.state === "succeeded" ? 0 : 1;
    } catch (error) {
      if (!(error instanceof RefusedError || error instanceof TypeError)) throw error;
      process.stderr.write(`${deployment.url}: ${error.message}\n`);
      return 1;
    }
  });
}

interface Options {
  agent: string;
  job?: string | undefined;
  prompt?: string | undefined;
  url?: string | undefined;
  json: boolean;
  help: boolean;
}

function readOptions(argv: readonly string[]): Options | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        prompt: { type: "string" },
        url: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    const [agent = "", job, ...rest] = positionals;
    const isWrong = rest.length > 0 || (values.url !== undefined && !URL.canParse(values.url));
    return isWrong || (agent === "" && !values.help) ? undefined : { agent, job, ...values };
  } catch {
    // parseArgs' way of saying that it does not know an option.
    return undefined;
  }
}

async function runToEnd(deployment: Deployment, { agent, job, prompt }: Options): Promise<Run> {
  const path = `/agents/${encodeURIComponent(agent)}`;
  // The id makes it one run, however often it is asked for.
  let run = await ask(deployment, `${path}/run`, { id: randomUUID(), job, prompt });
  while (run.finishedAt === null) {
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    run = await ask(deployment, `${path}/runs/${encodeURIComponent(run.id)}`);
  }
  return run;
}

async function ask({ url, adminToken }: Deployment, path: string, body?: object): Promise<Run> {
  const response = await fetch(new URL(path, url), {
    method: body ? "POST" : "GET",
    headers: { Authorization: `Bearer ${adminToken}`, ...(body && { "Content-Type": "application/json" }) },
    body: body ? JSON.stringify(body) : null,
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok) return runSchema.parse(answer);
  const told = errorSchema.safeParse(answer).data?.error.message;
  throw new RefusedError(told ?? `status ${response.status}`);
}
