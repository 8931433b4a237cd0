/** The one Cron Trigger that drives all jobs of all agents. Changes the text of wrangler.toml and nothing else in it. */

/** Once a minute: which job runs when stands in the characters. */
export const everyMinute = "* * * * *";

/** The text with the trigger in it, that it is there already, or that the text cannot be changed without guessing. */
export type TriggerChange = { kind: "there" } | { kind: "added"; toml: string } | { kind: "unclear" };

/** Adds the trigger to `[triggers]`, and the table where there is none. */
export function addMinuteTrigger(toml: string): TriggerChange {
  // A table reaches to the next header; no value of this one begins a line with a bracket.
  const tables = toml.split(/^(?=[ \t]*\[)/m);
  const index = tables.findIndex((table) => /^[ \t]*\[triggers\][ \t]*(#.*)?$/m.test(table));
  const table = tables[index];
  if (table === undefined) {
    // Triggers written otherwise, as a dotted key or an inline table, are left alone.
    if (/^[ \t]*triggers\b/m.test(toml)) return { kind: "unclear" };
    const gap = toml === "" ? "" : toml.endsWith("\n") ? "\n" : "\n\n";
    return { kind: "added", toml: `${toml}${gap}[triggers]\ncrons = ["${everyMinute}"]\n` };
  }
  const list = /^([ \t]*crons[ \t]*=[ \t]*\[)([^\]]*)\]/m.exec(table);
  if (list === null) {
    if (/^[ \t]*crons\b/m.test(table)) return { kind: "unclear" };
    const changed = table.replace(/^.*\[triggers\].*$/m, (header) => `${header}\ncrons = ["${everyMinute}"]`);
    return { kind: "added", toml: tables.with(index, changed).join("") };
  }
  const [whole, opening = "", entries = ""] = list;
  if (entries.includes(`"${everyMinute}"`) || entries.includes(`'${everyMinute}'`)) return { kind: "there" };
  if (entries.includes("#")) return { kind: "unclear" };
  const more = entries.trim() === "" ? "" : `, ${entries.trim()}`;
  const changed = table.replace(whole, () => `${opening}"${everyMinute}"${more}]`);
  return { kind: "added", toml: tables.with(index, changed).join("") };
}
