import { readdirSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const directory = fileURLToPath(new URL("../../../migrations/", import.meta.url));
const migrations = readdirSync(directory)
  .filter((name) => name.endsWith(".sql"))
  .sort()
  .map((name) => readFileSync(directory + name, "utf8"));

it("facts of the first version are still known, once each, after every later migration", () => {
  const db = new DatabaseSync(":memory:");
  const [first = "", ...later] = migrations;
  db.exec(first);
  const insert = db.prepare(
    "insert into facts (agent, user, fact, confidence, created_at) values ('a', 'u', ?, 0.5, ?)",
  );
  insert.run("likes tea", 2);
  insert.run("Likes tea", 1);
  insert.run("Lives in Oslo", 3);
  expect(later).not.toHaveLength(0);
  for (const migration of later) db.exec(migration);
  const facts = db
    .prepare(
      "select key, fact, confidence, occurrences, created_at, last_seen_at, source from facts order by key",
    )
    .all()
    .map((row) => ({ ...row }));
  const told = { confidence: 0.5, occurrences: 1, source: null };
  expect(facts).toEqual([
    { key: "likes tea", fact: "Likes tea", created_at: 1, last_seen_at: 1, ...told },
    { key: "lives in oslo", fact: "Lives in Oslo", created_at: 3, last_seen_at: 3, ...told },
  ]);
});
