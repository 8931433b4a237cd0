/** How findings look on a screen. */

/** One thing to say about a file. Line and column count from 1. */
export interface Finding {
  severity: "error" | "warning" | "info";
  /** Relative to the project, with forward slashes. */
  file: string;
  line: number;
  column: number;
  /** Path in the file, such as `tools[0].url`. */
  path: string;
  message: string;
}

/** The outcome of a check. */
export interface CheckReport {
  /** Every file that was read, sorted. */
  files: string[];
  /** Sorted by file and position. */
  findings: Finding[];
}

const colours = { error: "\u001b[31m", warning: "\u001b[33m", info: "\u001b[36m" };
const plain = "\u001b[0m";

/** One line per finding and one for the sum. */
export function renderReport({ files, findings }: CheckReport, colour: boolean): string {
  const lines = findings.map(({ severity, file, line, column, path, message }) => {
    const label = colour ? `${colours[severity]}${severity}${plain}` : severity;
    const gap = " ".repeat("warning".length - severity.length);
    return `${file}:${line}:${column}  ${label}${gap}  ${path}  ${message}\n`;
  });
  return `${lines.join("")}${lines.length > 0 ? "\n" : ""}${summary(files, findings)}\n`;
}

function summary(files: readonly string[], findings: readonly Finding[]): string {
  const count = (severity: Finding["severity"]) =>
    findings.filter((finding) => finding.severity === severity).length;
  const problems = [...plural(count("error"), "error"), ...plural(count("warning"), "warning")];
  const checked = plural(files.length, "file")[0] ?? "No file";
  return `${checked} checked: ${problems.join(", ") || "all well"}.`;
}

function plural(count: number, noun: string): string[] {
  return count === 0 ? [] : [`${count} ${noun}${count === 1 ? "" : "s"}`];
}
