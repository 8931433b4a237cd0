/**
 * `npm run check:rooms`: no import goes against the direction of the rooms (table.ts).
 *
 *   node test/rooms/run.ts [folder]
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkRooms } from "./check.ts";
import { rooms } from "./table.ts";

const [folder = fileURLToPath(new URL("../..", import.meta.url))] = process.argv.slice(2);
// What is new counts before it is committed; what was deleted is still listed.
const listed = execFileSync(
  "git",
  ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate", "*.ts"],
  { cwd: folder, encoding: "utf8" },
);
const deleted = new Set(
  execFileSync("git", ["ls-files", "-z", "--deleted"], { cwd: folder, encoding: "utf8" }).split("\0"),
);
const paths = listed.split("\0").filter((path) => path !== "" && !deleted.has(path));
const problems = checkRooms(
  new Map(paths.map((path) => [path, readFileSync(join(folder, path), "utf8")])),
  rooms,
);

for (const problem of problems) console.error(problem);
console.log(`${paths.length} files, ${problems.length} imports against the direction of the rooms`);
process.exitCode = problems.length === 0 ? 0 : 1;
