/** `rig migrate`: from the values of an original chart to agents of this project. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { agentIdExpectation, isAgentId } from "../shared/character/registry.ts";
import { planFiles } from "./migrate/files.ts";
import { migrateValues } from "./migrate/old-chart.ts";
import { renderMigration } from "./migrate/report.ts";
import { MigrationStopped } from "./migrate/stopped.ts";
import { type JsonObject, mergeValues, readValuesFile } from "./migrate/values-file.ts";
import { projectRoot } from "./project.ts";

const usage = `Usage: rig migrate <values.yaml …> [--agent <id>] [--character <file>] [--worker-url <origin>]
                   [--out <folder>] [--force] [--dry-run]

Reads values of the charts rig-agent-runtime or agent-broker (several files: each over the one before, as Helm does) and
writes agents/<id>/character.json, its entry in agents/index.ts and values for the chart gateway-bridge. Prints the
commands that move the secrets, and names what has no place any more. A HelmRelease with spec.values is read, too.
  --agent       the agent's id (default: made of its name); of several agents the one to migrate
  --character   the agent's character.json, where it is not among the values
  --worker-url  where the Worker is, such as https://rig-edge.example.workers.dev
  --out         write there (default: this project)
  --force       overwrite what is there
  --dry-run     write nothing, and say what would be written
`;

/** Where the command works and speaks. */
export interface MigrateIo {
  /** Folder that file names are relative to. */
  workingDirectory: string;
  /** The project that is written to without `--out`. */
  root: string;
  write(text: string): void;
  complain(text: string): void;
}

const terminal: MigrateIo = {
  workingDirectory: process.cwd(),
  root: projectRoot,
  write: (text) => process.stdout.write(text),
  complain: (text) => process.stderr.write(text),
};

/**
 * Runs the command. It writes everything or, when something is wrong, nothing.
 *
 * @param argv what follows `rig migrate`
 * @returns the exit code: 0, 1 when it cannot be done, 2 for a wrong call
 */
export function runMigrate(argv: readonly string[], io: MigrateIo = terminal): number {
  const options = readOptions(argv);
  if (typeof options === "string") {
    io.complain(`${options}\n\n${usage}`);
    return 2;
  }
  if (options.help) {
    io.write(usage);
    return 0;
  }
  try {
    io.write(migrate(options, io));
    return 0;
  } catch (error) {
    if (!(error instanceof MigrationStopped)) throw error;
    io.complain(`${error.message}\n`);
    return 1;
  }
}

interface Options {
  files: readonly string[];
  agent?: string | undefined;
  character?: string | undefined;
  out?: string | undefined;
  "worker-url"?: string | undefined;
  force: boolean;
  "dry-run": boolean;
  help: boolean;
}

/** The options, or what is wrong with them. */
function readOptions(argv: readonly string[]): Options | string {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        ...{ agent: text, character: text, out: text },
        "worker-url": text,
        ...{ force: flag, "dry-run": flag, help: { ...flag, short: "h" } },
      },
    });
    if (values.help) return { files: [], ...values };
    if (positionals.length === 0) return "rig migrate: expected a values file";
    if (values.agent !== undefined && !isAgentId(values.agent))
      return `--agent: expected ${agentIdExpectation}`;
    if (values["worker-url"] !== undefined && !isOrigin(values["worker-url"]))
      return "--worker-url: expected an address such as https://rig-edge.example.workers.dev";
    return { files: positionals, ...values };
  } catch (error) {
    // parseArgs' way of saying that it does not know an option.
    if (error instanceof TypeError) return `rig migrate: ${error.message}`;
    throw error;
  }
}

function isOrigin(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).href === `${new URL(text).origin}/`;
}

function migrate(options: Options, io: MigrateIo): string {
  const { files, agent, character } = options;
  const readings = files.map((file) => readValuesFile(file, readInput(file, io)));
  if (character !== undefined) {
    const { values, remarks } = readValuesFile(character, readInput(character, io));
    readings.push({ values: { character: values }, remarks });
  }
  const values = readings.reduce<JsonObject>((under, reading) => mergeValues(under, reading.values), {});
  const agents = located(files, () => migrateValues(values, agent));
  const folder = options.out === undefined ? io.root : resolve(io.workingDirectory, options.out);
  const read = (path: string) => {
    const file = join(folder, path);
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  };
  const plan = planFiles(agents, read, { workerUrl: options["worker-url"], force: options.force });
  const isRehearsal = options["dry-run"];
  for (const { path, content } of isRehearsal ? [] : plan.files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return renderMigration({ agents, plan, remarks: readings.flatMap(({ remarks }) => remarks), isRehearsal });
}

function readInput(file: string, { workingDirectory }: MigrateIo): string {
  try {
    return readFileSync(resolve(workingDirectory, file), "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    const reasons: Record<string, string> = { ENOENT: "there is no such file", EISDIR: "found a folder" };
    throw new MigrationStopped("file", `${file}: ${reasons[code] ?? code}; expected a values file`);
  }
}

/** Says in each problem of the merged values where it may be looked for. */
function located<Result>(files: readonly string[], act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof MigrationStopped)) throw error;
    const lines = error.message.split("\n").map((line) => `${files.join(", ")}: ${line}`);
    throw new MigrationStopped(error.code, lines.join("\n"));
  }
}
