import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * The admin token of a state directory, for who has set none: made once and kept (mode 0600), so that a browser stays
 * signed in over restarts.
 */
export async function localAdminToken(stateDirectory: string): Promise<string> {
  const kept = await readLocalAdminToken(stateDirectory);
  if (kept !== null) return kept;
  const token = randomBytes(32).toString("base64url");
  await writeFile(tokenFile(stateDirectory), `${token}\n`, { mode: 0o600 });
  return token;
}

/** The admin token of a state directory, or `null` when none was made yet. */
export async function readLocalAdminToken(stateDirectory: string): Promise<string | null> {
  const token = (await readFile(tokenFile(stateDirectory), "utf8").catch(() => "")).trim();
  return token === "" ? null : token;
}

const tokenFile = (stateDirectory: string) => join(stateDirectory, "rig", "admin-token");
