/** Changes to the text of wrangler.toml: the one value is replaced and every other character stays as it is. */

/** What stands for the database's id until there is a database. */
export const localDatabaseId = "local";

/**
 * Writes the id of a D1 database.
 *
 * @param name the `database_name` of the `[[d1_databases]]` table to change.
 * @throws RangeError when the text has no such table with a `database_id`.
 */
export function setDatabaseId(toml: string, name: string, id: string): string {
  // A table reaches to the next header; an array's bracket never stands first on a line of these tables.
  const tables = toml.split(/^(?=[ \t]*\[)/m);
  const index = tables.findIndex(
    (table) => /^[ \t]*\[\[d1_databases\]\]/.test(table) && quotedText(table, "database_name") === name,
  );
  const table = tables[index];
  if (table === undefined || quotedText(table, "database_id") === undefined) {
    throw new RangeError(`wrangler.toml has no [[d1_databases]] named "${name}" with a database_id`);
  }
  const changed = table.replace(assignment("database_id"), (_, before: string) => `${before}"${id}"`);
  return tables.with(index, changed).join("");
}

/** `key = "value"` or `key = 'value'` on a line of its own, in three groups: what comes before, and the two values. */
const assignment = (key: string) =>
  new RegExp(`^([ \\t]*${key}[ \\t]*=[ \\t]*)(?:"([^"\\n]*)"|'([^'\\n]*)')`, "m");

function quotedText(table: string, key: string): string | undefined {
  const [, , double, single] = assignment(key).exec(table) ?? [];
  return double ?? single;
}
