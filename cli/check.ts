/** `rig check`: says everything that is wrong with the agents of a project, at once, with file, line and column. */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { checkAgents } from "./check/agents.ts";
import { renderReport } from "./check/report.ts";

const usage = `Usage: rig check [--strict] [--json]

Checks every agents/*/character.json and agents/index.ts.
  --strict  warnings fail the check, too
  --json    print the findings as JSON
`;

const projectRoot = fileURLToPath(new URL("..", import.meta.url));

/** Where the command works and writes. */
export interface CheckIo {
  /** Folder that holds `agents/`. */
  root: string;
  write(text: string): void;
  colour: boolean;
}

const terminal: CheckIo = {
  root: projectRoot,
  write: (text) => process.stdout.write(text),
  colour: process.stdout.isTTY === true && !process.env.NO_COLOR,
};

/**
 * Runs the command.
 *
 * @param argv what follows `rig check`
 * @returns the exit code: 0 when all is well, 1 when there are errors (with `--strict` also warnings), 2 for a wrong call
 */
export function runCheck(argv: readonly string[], io: CheckIo = terminal): number {
  const options = readOptions(argv);
  if (options === undefined) {
    io.write(usage);
    return 2;
  }
  if (options.help) {
    io.write(usage);
    return 0;
  }
  const report = checkAgents(io.root);
  io.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report, io.colour));
  const failing = options.strict ? ["error", "warning"] : ["error"];
  return report.findings.some(({ severity }) => failing.includes(severity)) ? 1 : 0;
}

function readOptions(argv: readonly string[]) {
  try {
    const flag = { type: "boolean", default: false } as const;
    return parseArgs({
      args: [...argv],
      options: { json: flag, strict: flag, help: { ...flag, short: "h" } },
    }).values;
  } catch (error) {
    // parseArgs throws a TypeError for an option or argument it does not know.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
