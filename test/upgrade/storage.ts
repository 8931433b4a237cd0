/**
 * The state of a Worker as text: what Miniflare keeps in SQLite files, one database for each Durable Object and for D1, becomes
 * SQL that people can read and compare, and becomes those files again.
 */
import { createHash, createHmac } from "node:crypto";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";

/** One database's rows, and when its object's alarm rings (Unix milliseconds). */
export interface Dump {
  schema: string;
  rows: string;
  alarmAt: number | null;
}

/** Where Miniflare keeps the objects of a class of a Worker without a name. */
const folderOf = (state: string, className: string) => join(state, "v3/do", keyOf(className));
const D1_KEY = "miniflare-D1DatabaseObject";
const D1_FOLDER = `v3/d1/${D1_KEY}`;
const keyOf = (className: string) => `-${className}`;

/** workerd's own tables: when the object's alarm rings, in nanoseconds, stands under this key and in the class's list. */
const ALARM_KEY = 1;
const ALARMS = "metadata.sqlite";
const METADATA_TABLE = "CREATE TABLE IF NOT EXISTS _cf_METADATA (key INTEGER PRIMARY KEY, value BLOB)";
const ALARM_TABLE = `CREATE TABLE IF NOT EXISTS _cf_ALARM (
  actor_id TEXT PRIMARY KEY, scheduled_time INTEGER, actor_name TEXT
) WITHOUT ROWID`;
/** Which numbers AUTOINCREMENT has given away. */
const SEQUENCES = "sqlite_sequence";
const NS_PER_MS = 1_000_000n;

/** The id of the object with this name, as workerd derives it. */
export function objectId(className: string, name: string): string {
  return idOf(keyOf(className), name);
}

function idOf(namespace: string, name: string): string {
  const key = createHash("sha256").update(namespace).digest();
  const half = (text: string | Buffer) => createHmac("sha256", key).update(text).digest().subarray(0, 16);
  const named = half(name);
  return Buffer.concat([named, half(named)]).toString("hex");
}

/** Ids of the objects of a class that have anything stored. */
export async function storedObjects(state: string, className: string): Promise<string[]> {
  const files = await readdir(folderOf(state, className)).catch(() => []);
  return files.flatMap((file) => (/^[\da-f]{64}\.sqlite$/.test(file) ? file.slice(0, 64) : [])).sort();
}

/** Reads an object that no runtime has open. */
export function dumpObject(state: string, className: string, id: string): Dump {
  using db = open(join(folderOf(state, className), `${id}.sqlite`));
  using alarms = open(join(folderOf(state, className), ALARMS));
  const alarm = alarms.prepare("SELECT scheduled_time FROM _cf_ALARM WHERE actor_id = ?");
  alarm.setReadBigInts(true);
  const at = alarm.get(id)?.scheduled_time;
  return { ...dump(db), alarmAt: typeof at === "bigint" ? Number(at / NS_PER_MS) : null };
}

/** Reads what a query finds in an object. */
export function queryObject(state: string, className: string, id: string, query: string) {
  using db = open(join(folderOf(state, className), `${id}.sqlite`));
  return db.prepare(query).all();
}

/** Where Miniflare keeps the D1 database with this id. */
const d1File = (state: string, id: string) => join(state, D1_FOLDER, `${idOf(D1_KEY, id)}.sqlite`);

/** @param id as the runtime was given it. */
export function dumpD1(state: string, id: string): Dump {
  using db = open(d1File(state, id));
  return { ...dump(db), alarmAt: null };
}

/** Writes an object; its alarm rings at `alarmAt` by the machine's clock. */
export async function restoreObject(
  state: string,
  { className, name }: { className: string; name: string },
  { schema, rows, alarmAt }: Dump,
): Promise<void> {
  const folder = folderOf(state, className);
  const id = objectId(className, name);
  await mkdir(folder, { recursive: true });
  using db = open(join(folder, `${id}.sqlite`));
  restore(db, schema, rows);
  if (alarmAt === null) return;
  const at = BigInt(alarmAt) * NS_PER_MS;
  db.exec(METADATA_TABLE);
  db.prepare("INSERT INTO _cf_METADATA (key, value) VALUES (?, ?)").run(ALARM_KEY, at);
  using alarms = open(join(folder, ALARMS));
  alarms.exec(`PRAGMA synchronous = OFF; ${ALARM_TABLE}`);
  alarms.prepare("INSERT INTO _cf_ALARM VALUES (?, ?, ?)").run(id, at, name);
}

export async function restoreD1(
  state: string,
  id: string,
  { schema, rows }: Pick<Dump, "schema" | "rows">,
): Promise<void> {
  await mkdir(join(state, D1_FOLDER), { recursive: true });
  using db = open(d1File(state, id));
  restore(db, schema, rows);
}

function open(file: string): DatabaseSync & Disposable {
  const db = new DatabaseSync(file);
  return Object.assign(db, { [Symbol.dispose]: () => db.close() });
}

/** `sqlite_…` tables are made by SQLite itself; of workerd's own only the alarm counts. */
function dump(db: DatabaseSync): { schema: string; rows: string } {
  const made = db
    .prepare("SELECT name, type, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
    .all();
  const own = made.filter(({ name }) => !/^(sqlite_|_cf_METADATA$)/.test(String(name)));
  const tables = made.filter(({ type, name }) => type === "table" && name !== "_cf_METADATA");
  // Rows with numbers of their own move them on.
  const names = tables.map(({ name }) => String(name));
  const isSequences = (table: string) => table === SEQUENCES;
  const ordered = [...names.filter((table) => !isSequences(table)), ...names.filter(isSequences)];
  return {
    schema: own.map(({ sql }) => `${sql};\n`).join(""),
    rows: ordered.flatMap((table) => insertion(db, table) ?? []).join(""),
  };
}

function insertion(db: DatabaseSync, table: string): string | undefined {
  const select = db.prepare(`SELECT * FROM "${table}"`);
  select.setReadBigInts(true);
  const rows = select.all();
  const [first] = rows;
  if (!first) return undefined;
  const columns = Object.keys(first).map((column) => `"${column}"`);
  const emptied = table === SEQUENCES ? `DELETE FROM "${table}";\n` : "";
  const tuples = rows.map((row) => `  (${Object.values(row).map(literal).join(", ")})`);
  return `${emptied}INSERT INTO "${table}" (${columns.join(", ")}) VALUES\n${tuples.join(",\n")};\n`;
}

function literal(value: SQLOutputValue): string {
  if (value === null) return "NULL";
  if (typeof value === "string") return `'${value.replaceAll("'", "''")}'`;
  if (typeof value === "object") return `X'${Buffer.from(value).toString("hex")}'`;
  return String(value);
}

function restore(db: DatabaseSync, schema: string, rows: string): void {
  // Nobody's power fails here.
  db.exec(`PRAGMA synchronous = OFF; BEGIN; ${schema} ${rows} COMMIT`);
}
