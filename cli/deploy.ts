/** `rig deploy`, which is `npm run deploy`: from a checkout to a running Worker. Each step can be repeated. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { unstable_readConfig as readConfig } from "wrangler";
import * as z from "zod";
import { agents } from "../agents/index.ts";
import { checkAgents } from "./check/agents.ts";
import { renderReport } from "./check/report.ts";
import { ensureLogin } from "./deploy/account.ts";
import { askSecretly } from "./deploy/ask.ts";
import { ensureDatabase } from "./deploy/database.ts";
import { neededSecrets } from "./deploy/needed-secrets.ts";
import {
  adminTokenFile,
  collectSecrets,
  listSecrets,
  makeAdminToken,
  readDeployedAdminToken,
  withSecretsFile,
} from "./deploy/secrets.ts";
import { DeployStopped } from "./deploy/stopped.ts";
import { runWrangler } from "./deploy/wrangler.ts";
import { localDatabaseId } from "./deploy/wrangler-toml.ts";
import { loginUrl } from "./login-link.ts";
import { projectRoot } from "./project.ts";
import type { Settings } from "./settings.ts";

const usage = `Usage: rig deploy [--dry-run]

Puts this project on Cloudflare: database, migrations, secrets, Worker. Run it again after a change or a failure.
  --dry-run  check and bundle, and say what would be done; needs no account

Secrets that are missing are asked for; where nobody can be asked, they are taken from the environment.
`;

/**
 * Runs the command.
 *
 * @param argv what follows `rig deploy`
 * @returns the exit code: 0 when the Worker is deployed, 1 when a step failed, 2 for a wrong call
 */
export async function runDeploy(argv: readonly string[]): Promise<number> {
  const options = readOptions(argv);
  if (options === undefined || options.help) {
    (options === undefined ? process.stderr : process.stdout).write(usage);
    return options === undefined ? 2 : 0;
  }
  try {
    await check();
    await build();
    await (options["dry-run"] ? rehearse() : deploy());
    return 0;
  } catch (error) {
    if (!(error instanceof DeployStopped)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    return 1;
  }
}

function readOptions(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        "dry-run": { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch {
    return undefined;
  }
}

async function check(): Promise<void> {
  step("Characters");
  const report = checkAgents(projectRoot);
  process.stdout.write(renderReport(report, process.stdout.isTTY === true));
  if (report.findings.some(({ severity }) => severity === "error")) {
    throw new DeployStopped("characters", "Nothing was deployed.");
  }
}

async function build(): Promise<void> {
  step("Build");
  try {
    await promisify(execFile)(process.execPath, ["cli/build.ts"], { cwd: projectRoot });
  } catch (error) {
    throw new DeployStopped(
      "build",
      `npm run build failed:\n${(error as { stderr?: string }).stderr ?? error}`,
    );
  }
  say("dist/public is ready");
}

async function deploy(): Promise<void> {
  const terminal = { input: process.stdin, output: process.stdout };
  const interactive = process.stdin.isTTY === true && process.stdout.isTTY === true && !process.env.CI;

  step("Account");
  say(await ensureLogin(interactive));

  step("Database");
  const { name, id } = databaseConfig();
  for (const line of await ensureDatabase({ name, id })) say(line);

  step("Migrations");
  if ((await runWrangler(["d1", "migrations", "apply", "DB", "--remote"], { CI: "true" })) !== 0) {
    throw new DeployStopped("database", "The migrations did not succeed; those that did are kept.");
  }

  step("Secrets");
  const secrets = await collectSecrets({
    needed: neededSecrets(agents),
    present: [...(await listSecrets()), ...Object.keys(config().vars)],
    environment: process.env,
    ask: interactive ? (question) => askSecretly(question, terminal) : null,
    makeAdminToken: async () => {
      say(`kept in ${adminTokenFile}, where rig login-link finds it`);
      return makeAdminToken();
    },
    say,
  });

  step("Worker");
  const url = await upload(secrets);
  step("Ready");
  if (url === undefined) return say("The Worker is deployed; wrangler names no address for it.");
  say(url);
  const adminToken = secrets.ADMIN_TOKEN ?? process.env.ADMIN_TOKEN ?? (await readDeployedAdminToken());
  if (adminToken) say(`Sign in, once, within an hour: ${await loginUrl(url, adminToken)}`);
  else say(`Sign in with the admin token, or: ADMIN_TOKEN=… npx rig login-link --url ${url}`);
}

async function rehearse(): Promise<void> {
  step("Bundle");
  if ((await runWrangler(["deploy", "--dry-run"])) !== 0) {
    throw new DeployStopped("upload", "The Worker cannot be bundled.");
  }
  const { name, id } = databaseConfig();
  const secrets = neededSecrets(agents).map(
    ({ variables, purpose, optional }) =>
      `${variables.join(" or ")}, for ${purpose}${optional ? "; optional" : ""}`,
  );
  step("A deployment would");
  say("log in, unless CLOUDFLARE_API_TOKEN is set or a login is kept");
  if (id === localDatabaseId)
    say(`find or create the D1 database ${name}, and write its id into wrangler.toml`);
  else say(`use the D1 database ${name} (${id})`);
  say("apply the migrations that it does not have yet");
  say("ask for these secrets, unless they are set:");
  for (const line of secrets) say(`  ${line}`);
  say(`upload the Worker ${config().name} and print its URL with a login link`);
}

/**
 * Uploads the Worker with its new secrets. Secrets it has already stay.
 *
 * @returns its first public address.
 */
async function upload(secrets: Settings): Promise<string | undefined> {
  const directory = await mkdtemp(join(tmpdir(), "rig-deploy-"));
  const outputFile = join(directory, "wrangler.ndjson");
  try {
    const run = (args: string[]) =>
      runWrangler(["deploy", ...args], { WRANGLER_OUTPUT_FILE_PATH: outputFile });
    const code = await (Object.keys(secrets).length === 0
      ? run([])
      : withSecretsFile(secrets, (file) => run(["--secrets-file", file])));
    if (code !== 0)
      throw new DeployStopped("upload", "The Worker was not deployed. Run it again when the cause is gone.");
    return firstUrl(await readFile(outputFile, "utf8"));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const deployEntry = z.object({ type: z.literal("deploy"), targets: z.array(z.string()).nullish() });

/** wrangler names a host of workers.dev with or without its scheme, and other targets, such as schedules, in words. */
function firstUrl(output: string): string | undefined {
  const entries = output.split("\n").filter((line) => line !== "");
  const targets = entries.flatMap((line) => deployEntry.safeParse(JSON.parse(line)).data?.targets ?? []);
  const host = targets.find((target) => /^(https:\/\/)?[\w-]+(\.[\w-]+)+$/.test(target));
  return host === undefined ? undefined : `https://${host.replace(/^https:\/\//, "")}`;
}

const config = () => readConfig({ config: join(projectRoot, "wrangler.toml") });

function databaseConfig(): { name: string; id: string } {
  const [database] = config().d1_databases;
  if (database?.database_name === undefined || database.database_id === undefined) {
    throw new DeployStopped(
      "database",
      "wrangler.toml needs a [[d1_databases]] with database_name and database_id.",
    );
  }
  return { name: database.database_name, id: database.database_id };
}

function step(title: string): void {
  process.stdout.write(`\n${title}\n`);
}

function say(line: string): void {
  process.stdout.write(`  ${line}\n`);
}
