/** Brings the secrets together that a deployment wants and the Worker does not have yet. */
import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as z from "zod";
import { projectRoot } from "../project.ts";
import type { Settings } from "../settings.ts";
import { missingSecrets, type NeededSecret } from "./needed-secrets.ts";
import { DeployStopped } from "./stopped.ts";
import { askWrangler } from "./wrangler.ts";

/** Where the admin token of this checkout's deployment is kept when `rig deploy` made it. */
export const adminTokenFile = join(projectRoot, ".wrangler", "rig", "admin-token");

/**
 * The names of the secrets that the Worker has; none when there is no such Worker yet.
 *
 * @throws DeployStopped when Cloudflare does not say.
 */
export async function listSecrets(): Promise<string[]> {
  const { code, stdout, stderr } = await askWrangler("secret", "list", "--format", "json");
  if (code === 0)
    return z
      .array(z.object({ name: z.string() }))
      .parse(JSON.parse(stdout))
      .map(({ name }) => name);
  if (/Worker .* not found/.test(stderr)) return [];
  throw new DeployStopped("secrets", `wrangler secret list failed:\n${stdout}${stderr}`);
}

/** What {@link collectSecrets} works with. */
export interface CollectInput {
  needed: readonly NeededSecret[];
  /** Names that the Worker has, as secrets or as vars. */
  present: readonly string[];
  environment: Readonly<Record<string, string | undefined>>;
  /** Asks a person, who may answer nothing; `null` where there is no person. */
  ask: ((question: string) => Promise<string>) | null;
  makeAdminToken(): Promise<string>;
  say(line: string): void;
}

/**
 * Takes what is missing from the environment, then from who sits there.
 *
 * @returns the values to upload.
 * @throws DeployStopped when a required one is still missing, naming each with the command that sets it.
 */
export async function collectSecrets(input: CollectInput): Promise<Settings> {
  const { needed, present, environment, ask, say } = input;
  for (const name of present) say(`${name} is set`);
  const collected: Settings = {};
  const known = new Set(present);
  for (const variable of needed.flatMap(({ variables }) => variables)) {
    const value = environment[variable];
    if (known.has(variable) || value === undefined || value === "") continue;
    known.add(variable);
    collected[variable] = value;
    say(`${variable} is taken from the environment`);
  }

  const missing = missingSecrets(needed, (variable) => known.has(variable));
  const required = missing.filter(({ optional }) => !optional);
  if (ask === null && required.length > 0) throw new DeployStopped("secrets", describeMissing(required));
  for (const secret of missing) {
    const answer = (await ask?.(question(secret))) ?? "";
    const value = answer === "" && secret.name === "ADMIN_TOKEN" ? await input.makeAdminToken() : answer;
    if (value !== "") collected[secret.name] = value;
    else if (secret.optional) say(`${secret.name} is skipped (for ${secret.purpose})`);
    else throw new DeployStopped("secrets", describeMissing([secret]));
  }
  return collected;
}

function question({ name, purpose, optional }: NeededSecret): string {
  const withoutAnswer = name === "ADMIN_TOKEN" ? " (Enter makes one)" : optional ? " (Enter skips it)" : "";
  return `  ${name}, for ${purpose}${withoutAnswer}: `;
}

/** Makes an admin token and keeps it for `rig login-link`. One that was made for a deployment that failed is used again. */
export async function makeAdminToken(): Promise<string> {
  const kept = await readDeployedAdminToken();
  if (kept !== null) return kept;
  const token = randomBytes(32).toString("base64url");
  await mkdir(dirname(adminTokenFile), { recursive: true });
  await writeFile(adminTokenFile, `${token}\n`, { mode: 0o600 });
  return token;
}

/** The admin token that `rig deploy` made, or `null`. */
export async function readDeployedAdminToken(): Promise<string | null> {
  const token = (await readFile(adminTokenFile, "utf8").catch(() => "")).trim();
  return token === "" ? null : token;
}

function describeMissing(secrets: readonly NeededSecret[]): string {
  const lines = secrets.map(
    ({ name, purpose, variables }) =>
      `  ${name}, for ${purpose}${variables.length > 1 ? ` (or ${variables.filter((variable) => variable !== name).join(", ")})` : ""}\n` +
      `    npx wrangler secret put ${name}`,
  );
  return `Missing secrets: set each in the environment, or with its command:\n${lines.join("\n")}`;
}

/**
 * Writes values to a file that only this user can read, for as long as `use` takes: the way to hand them to a process
 * without showing them in its arguments.
 */
export async function withSecretsFile<T>(values: Settings, use: (file: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "rig-secrets-"));
  try {
    await chmod(directory, 0o700);
    const file = join(directory, "secrets.json");
    await writeFile(file, JSON.stringify(values), { mode: 0o600 });
    return await use(file);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
