import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { projectRoot } from "../project.ts";
import { DeployStopped } from "./stopped.ts";
import { askWrangler } from "./wrangler.ts";
import { localDatabaseId, setDatabaseId } from "./wrangler-toml.ts";

const listSchema = z.array(z.object({ uuid: z.string(), name: z.string() }));

/** The D1 database as wrangler.toml names it. */
export interface DatabaseConfig {
  name: string;
  id: string;
}

/**
 * Finds the database on the account by its name or creates it, and writes its id into wrangler.toml where the
 * placeholder stands.
 *
 * @returns what was done, one line for people each.
 * @throws DeployStopped when wrangler.toml names a database that this account does not have, or wrangler fails.
 */
export async function ensureDatabase({ name, id }: DatabaseConfig): Promise<string[]> {
  const existing = await listDatabases();
  if (id !== localDatabaseId) {
    if (existing.some(({ uuid }) => uuid === id)) return [`${name} (${id})`];
    throw new DeployStopped(
      "database",
      `wrangler.toml names the database ${id}, and this account has none with that id. ` +
        `Choose the right account (CLOUDFLARE_ACCOUNT_ID), or set database_id = "${localDatabaseId}" to have one found or created.`,
    );
  }
  const found = existing.find((database) => database.name === name);
  const uuid = found?.uuid ?? (await createDatabase(name));
  const file = join(projectRoot, "wrangler.toml");
  await writeFile(file, setDatabaseId(await readFile(file, "utf8"), name, uuid));
  return [
    `${found === undefined ? "created" : "found"} ${name}`,
    `wrangler.toml: database_id = "${uuid}" (was "${localDatabaseId}")`,
  ];
}

async function createDatabase(name: string): Promise<string> {
  const { code, stdout, stderr } = await askWrangler("d1", "create", name, "--update-config=false");
  if (code !== 0)
    throw new DeployStopped("database", `wrangler d1 create ${name} failed:\n${stdout}${stderr}`);
  const created = (await listDatabases()).find((database) => database.name === name);
  if (created === undefined)
    throw new DeployStopped(
      "database",
      `${name} was created, and is not in the list of databases yet. Run it again.`,
    );
  return created.uuid;
}

async function listDatabases(): Promise<z.infer<typeof listSchema>> {
  const { code, stdout, stderr } = await askWrangler("d1", "list", "--json");
  if (code !== 0) throw new DeployStopped("database", `wrangler d1 list failed:\n${stdout}${stderr}`);
  return listSchema.parse(JSON.parse(stdout));
}
