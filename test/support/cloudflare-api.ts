/**
 * The part of the Cloudflare API that wrangler uses to deploy a Worker with D1, secrets and assets, over HTTP:
 * CLOUDFLARE_API_BASE_URL points wrangler at it. A database is a real SQLite; nothing runs the Worker.
 */
import { createHash, randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { createAdaptorServer } from "@hono/node-server";
import { type Context, Hono } from "hono";
import * as z from "zod";

/** The account that the API knows. */
const account = { id: "0123456789abcdef0123456789abcdef", name: "Test account" };

interface Database {
  uuid: string;
  name: string;
  sqlite: DatabaseSync;
}

interface Worker {
  secrets: Map<string, string>;
  migrationTag: string | undefined;
  /** Ids, newest first. */
  versions: string[];
  /** What was uploaded last. */
  metadata: WorkerMetadata;
  onWorkersDev: boolean;
  /** Cron expressions of its triggers. */
  crons: readonly string[];
}

const metadataSchema = z.looseObject({
  main_module: z.string(),
  bindings: z.array(z.looseObject({ name: z.string(), type: z.string(), text: z.string().optional() })),
  keep_bindings: z.array(z.string()).optional(),
  migrations: z.object({ new_tag: z.string() }).optional(),
});

/** The metadata of a Worker's upload, without its secrets' values. */
export type WorkerMetadata = z.infer<typeof metadataSchema>;

/** A running fake. */
export interface CloudflareApi {
  /** What makes wrangler use it. */
  readonly env: Record<"CLOUDFLARE_API_BASE_URL" | "CLOUDFLARE_API_TOKEN" | "CLOUDFLARE_ACCOUNT_ID", string>;
  /** `METHOD /path` of every request that changed something, in order, without the account's part of the path. */
  readonly changes: string[];
  /** `METHOD /path` of what it was asked and does not know. A test that finds one here tests nothing. */
  readonly unknown: string[];
  readonly databases: ReadonlyMap<string, Database>;
  readonly workers: ReadonlyMap<string, Worker>;
  /** A database, as somebody's earlier deployment left it; returns its id. */
  addDatabase(name: string): string;
  /** A Worker, as an earlier deployment left it. */
  addWorker(name: string, secrets: Record<string, string>): void;
  /** Lets the next requests to this path (its end) fail with status 500. */
  fail(pathEnd: string, times: number): void;
  close(): Promise<void>;
}

/** Starts an account with nothing on it. */
export async function startCloudflareApi(): Promise<CloudflareApi> {
  const token = randomUUID();
  const changes: string[] = [];
  const unknown: string[] = [];
  const failing = new Map<string, number>();
  const databases = new Map<string, Database>();
  const workers = new Map<string, Worker>();
  const app = new Hono();

  app.use(async (c, next) => {
    if (
      c.req.header("Authorization") !== `Bearer ${token}` &&
      !c.req.path.endsWith("/workers/assets/upload")
    ) {
      return refuse(c, 401, 10000, "Authentication error");
    }
    for (const [pathEnd, times] of failing) {
      if (times === 0 || !c.req.path.endsWith(pathEnd)) continue;
      failing.set(pathEnd, times - 1);
      return refuse(c, 500, 10013, "An unknown error has occurred.");
    }
    await next();
    if (c.req.method !== "GET" && c.res.ok) {
      changes.push(`${c.req.method} ${c.req.path.replace(`/accounts/${account.id}`, "")}`);
    }
  });

  app.get("/user", (c) => answer(c, { id: "user", email: "operator@example.com" }));
  app.get("/user/tokens/verify", (c) => answer(c, { id: "token", status: "active" }));
  app.get("/accounts", (c) => answerList(c, [account]));
  app.get("/memberships", (c) => answerList(c, [{ id: "membership", account }]));

  const inAccount = app.basePath(`/accounts/${account.id}`);

  inAccount.get("/d1/database", (c) => {
    const wanted = c.req.query("name");
    const all = [...databases.values()].filter(({ name }) => wanted === undefined || name === wanted);
    return answerList(
      c,
      all.map(({ uuid, name }) => ({ uuid, name, version: "production" })),
    );
  });
  inAccount.post("/d1/database", async (c) => {
    const { name } = z.object({ name: z.string() }).parse(await c.req.json());
    if ([...databases.values()].some((database) => database.name === name)) {
      return refuse(c, 400, 7502, "Database with name already exists");
    }
    return answer(c, { uuid: addDatabase(name), name, version: "production" });
  });
  inAccount.get("/d1/database/:id", (c) => {
    const database = databases.get(c.req.param("id"));
    if (database === undefined) return refuse(c, 404, 7404, "The database could not be found");
    return answer(c, { uuid: database.uuid, name: database.name, version: "production" });
  });
  inAccount.post("/d1/database/:id/query", async (c) => {
    const database = databases.get(c.req.param("id"));
    if (database === undefined) return refuse(c, 404, 7404, "The database could not be found");
    const { sql } = z.object({ sql: z.string() }).parse(await c.req.json());
    try {
      return answer(c, [{ results: query(database.sqlite, sql), success: true, meta: { duration: 0 } }]);
    } catch (error) {
      return refuse(c, 400, 7500, String(error));
    }
  });

  inAccount.get("/workers/services/:name", (c) => {
    const worker = workers.get(c.req.param("name"));
    if (worker === undefined) return refuseWorker(c);
    const script = { tag: "tag", last_deployed_from: "wrangler", migration_tag: worker.migrationTag };
    return answer(c, { id: c.req.param("name"), default_environment: { environment: "production", script } });
  });
  inAccount.get("/workers/subdomain", (c) => answer(c, { subdomain: "test-account" }));
  inAccount.get("/workers/workers/:name", (c) => {
    const worker = workers.get(c.req.param("name"));
    if (worker === undefined) return refuseWorker(c);
    return answer(c, {
      id: c.req.param("name"),
      subdomain: { enabled: worker.onWorkersDev, previews_enabled: false },
    });
  });
  inAccount.post("/workers/assets/upload", async (c) => {
    await c.req.formData();
    return answer(c, { jwt: "completed" }, 201);
  });

  const inScript = inAccount.basePath("/workers/scripts/:name");

  inScript.post("/assets-upload-session", async (c) => {
    const { manifest } = z
      .object({ manifest: z.record(z.string(), z.object({ hash: z.string() })) })
      .parse(await c.req.json());
    return answer(c, { jwt: "started", buckets: [Object.values(manifest).map(({ hash }) => hash)] });
  });
  inScript.get("/secrets", (c) => {
    const worker = workers.get(nameIn(c));
    if (worker === undefined) return refuseWorker(c);
    return answer(
      c,
      [...worker.secrets.keys()].map((name) => ({ name, type: "secret_text" })),
    );
  });
  inScript.put("/secrets", async (c) => {
    const worker = workers.get(nameIn(c));
    if (worker === undefined) return refuseWorker(c);
    const { name, text } = z.object({ name: z.string(), text: z.string() }).parse(await c.req.json());
    worker.secrets.set(name, text);
    return answer(c, { name, type: "secret_text" });
  });
  inScript.get("/deployments", (c) => {
    const [version] = workers.get(nameIn(c))?.versions ?? [];
    if (version === undefined) return refuseWorker(c);
    const deployment = {
      id: version,
      source: "wrangler",
      versions: [{ version_id: version, percentage: 100 }],
    };
    return answer(c, { deployments: [deployment] });
  });
  inScript.get("/settings", (c) => {
    const worker = workers.get(nameIn(c));
    return worker === undefined ? refuseWorker(c) : answer(c, { bindings: worker.metadata.bindings });
  });
  inScript.patch("/script-settings", async (c) => answer(c, await c.req.json()));
  inScript.get("/schedules", (c) => {
    const crons = workers.get(nameIn(c))?.crons ?? [];
    return answer(c, { schedules: crons.map((cron) => ({ cron })) });
  });
  inScript.put("/schedules", async (c) => {
    const worker = workers.get(nameIn(c));
    if (worker === undefined) return refuseWorker(c);
    worker.crons = z
      .array(z.object({ cron: z.string() }))
      .parse(await c.req.json())
      .map(({ cron }) => cron);
    return answer(c, { schedules: worker.crons.map((cron) => ({ cron })) });
  });
  inScript.post("/subdomain", async (c) => {
    const worker = workers.get(nameIn(c));
    if (worker === undefined) return refuseWorker(c);
    worker.onWorkersDev = z.object({ enabled: z.boolean() }).parse(await c.req.json()).enabled;
    return answer(c, { enabled: worker.onWorkersDev, previews_enabled: false });
  });
  inScript.put("/", async (c) => {
    const id = await upload(c);
    return answer(c, { id: nameIn(c), etag: etagOf(id), deployment_id: id, startup_time_ms: 5 });
  });
  inScript.post("/versions", async (c) => {
    if (!workers.has(nameIn(c))) return refuseWorker(c);
    const id = await upload(c);
    return answer(c, { id, startup_time_ms: 5, resources: { script: { etag: etagOf(id) } } });
  });
  inScript.post("/deployments", async (c) => answer(c, { id: randomUUID(), ...(await c.req.json()) }));

  app.notFound((c) => {
    unknown.push(`${c.req.method} ${c.req.path}`);
    return refuse(c, 404, 7003, `Could not route to ${c.req.path}`);
  });

  /** Keeps a Worker's upload; secrets are left out of what is kept for reading, as Cloudflare does. */
  async function upload(c: Context): Promise<string> {
    const form = await c.req.formData();
    const metadata = metadataSchema.parse(JSON.parse(String(form.get("metadata"))));
    const before = workers.get(nameIn(c));
    const secrets = new Map(metadata.keep_bindings?.includes("secret_text") ? before?.secrets : []);
    for (const { name, type, text } of metadata.bindings) {
      if (type === "secret_text" && text !== undefined) secrets.set(name, text);
    }
    const id = randomUUID();
    workers.set(nameIn(c), {
      secrets,
      migrationTag: metadata.migrations?.new_tag ?? before?.migrationTag,
      versions: [id, ...(before?.versions ?? [])],
      metadata: { ...metadata, bindings: metadata.bindings.map(({ text: _, ...binding }) => binding) },
      onWorkersDev: before?.onWorkersDev ?? false,
      crons: before?.crons ?? [],
    });
    return id;
  }

  function addDatabase(name: string): string {
    const uuid = randomUUID();
    databases.set(uuid, { uuid, name, sqlite: new DatabaseSync(":memory:") });
    return uuid;
  }

  const server = createAdaptorServer({ fetch: app.fetch });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    env: {
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}`,
      CLOUDFLARE_API_TOKEN: token,
      CLOUDFLARE_ACCOUNT_ID: account.id,
    },
    changes,
    unknown,
    databases,
    workers,
    addDatabase,
    addWorker: (name, secrets) => {
      workers.set(name, {
        secrets: new Map(Object.entries(secrets)),
        migrationTag: "v1",
        versions: [randomUUID()],
        metadata: { main_module: "index.js", bindings: [] },
        onWorkersDev: true,
        crons: [],
      });
    },
    fail: (pathEnd, times) => failing.set(pathEnd, times),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}

const nameIn = (c: Context): string => c.req.param("name") ?? "";

const etagOf = (version: string): string => createHash("sha256").update(version).digest("hex");

/** D1 runs the statements of one query as a transaction; only a single SELECT has rows that anybody here reads. */
function query(sqlite: DatabaseSync, sql: string): unknown[] {
  if (/^\s*SELECT\b/i.test(sql)) return sqlite.prepare(sql).all();
  sqlite.exec("BEGIN");
  try {
    sqlite.exec(sql);
    sqlite.exec("COMMIT");
    return [];
  } catch (error) {
    sqlite.exec("ROLLBACK");
    throw error;
  }
}

function answer(c: Context, result: unknown, status: 200 | 201 = 200): Response {
  return c.json({ success: true, errors: [], messages: [], result }, status);
}

function answerList(c: Context, result: readonly unknown[]): Response {
  const page = Number(c.req.query("page") ?? 1);
  const shown = page === 1 ? result : [];
  const result_info = {
    page,
    per_page: 100,
    count: shown.length,
    total_count: result.length,
    total_pages: 1,
  };
  return c.json({ success: true, errors: [], messages: [], result: shown, result_info });
}

function refuse(c: Context, status: 400 | 401 | 404 | 500, code: number, message: string): Response {
  return c.json({ success: false, errors: [{ code, message }], messages: [], result: null }, status);
}

const refuseWorker = (c: Context): Response =>
  refuse(c, 404, 10007, "This Worker does not exist on your account.");
