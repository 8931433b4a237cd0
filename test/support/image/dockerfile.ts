/**
 * Reads as much of a Dockerfile as gateway/Dockerfile uses. Anything else is an error rather than passed over, so that what
 * is laid out from it is all of it (https://docs.docker.com/reference/dockerfile/).
 */

/** What changes a stage's files. */
export type BuildStep =
  | { kind: "workdir"; path: string }
  /** `from` is a stage's name; `null` is the build context. */
  | { kind: "copy"; from: string | null; sources: readonly string[]; target: string }
  | { kind: "run"; command: string };

export interface Stage {
  name: string | null;
  baseImage: string;
  steps: readonly BuildStep[];
  labels: Readonly<Record<string, string>>;
  env: Readonly<Record<string, string>>;
  /** As it is written: user and group, or `null` for the base image's. */
  user: string | null;
  ports: readonly number[];
  entrypoint: readonly string[];
}

type Arguments = Readonly<Record<string, string>>;
type StageDraft = Omit<Stage, "steps" | "labels" | "env" | "ports"> & {
  steps: BuildStep[];
  labels: Record<string, string>;
  env: Record<string, string>;
  ports: number[];
};

/**
 * @returns its stages; the last one is the image.
 * @throws Error naming the line of what is not understood.
 */
export function readDockerfile(text: string): readonly Stage[] {
  const stages: StageDraft[] = [];
  const globalArguments: Record<string, string> = {};
  let stageArguments: Record<string, string> = {};
  for (const { line, keyword, rest } of instructionsOf(text)) {
    const fail = (expected: string): never => {
      throw new Error(`line ${line}: ${keyword}: expected ${expected}`);
    };
    if (keyword === "FROM") {
      const from = /^(?:--platform=\S+\s+)?(?<image>\S+)(?:\s+AS\s+(?<name>\S+))?$/i.exec(rest)?.groups;
      const baseImage = withArguments(from?.image ?? fail("an image"), globalArguments);
      stageArguments = {};
      stages.push({
        name: from?.name ?? null,
        baseImage,
        steps: [],
        labels: {},
        env: {},
        user: null,
        ports: [],
        entrypoint: [],
      });
      continue;
    }
    const stage = stages.at(-1);
    if (keyword === "ARG") {
      Object.assign(stage ? stageArguments : globalArguments, readAssignment(rest) ?? fail("NAME=default"));
      continue;
    }
    if (!stage) return fail("FROM before it");
    switch (keyword) {
      case "WORKDIR":
        stage.steps.push({ kind: "workdir", path: rest });
        break;
      case "COPY":
        stage.steps.push(readCopy(rest) ?? fail("sources and a target, with no option but --from"));
        break;
      case "RUN":
        stage.steps.push({ kind: "run", command: rest });
        break;
      case "LABEL":
        Object.assign(stage.labels, readLabels(withArguments(rest, stageArguments)));
        break;
      case "ENV":
        Object.assign(stage.env, readAssignment(rest) ?? fail("NAME=value"));
        break;
      case "USER":
        stage.user = rest;
        break;
      case "EXPOSE":
        stage.ports.push(Number(rest));
        break;
      case "ENTRYPOINT":
        stage.entrypoint = readExecForm(rest) ?? fail("a JSON array of strings: there is no shell");
        break;
      default:
        return fail("an instruction that this reader knows");
    }
  }
  return stages;
}

interface Instruction {
  line: number;
  keyword: string;
  rest: string;
}

/** Instructions without comments, continued lines joined. */
function instructionsOf(text: string): Instruction[] {
  const instructions: Instruction[] = [];
  let open: { line: number; text: string } | null = null;
  for (const [index, content] of text.split("\n").entries()) {
    if (/^\s*(#|$)/.test(content)) continue;
    const start: { line: number; text: string } = open ?? { line: index + 1, text: "" };
    const isContinued = content.trimEnd().endsWith("\\");
    const joined = `${start.text} ${content.replace(/\\\s*$/, "").trim()}`.trim();
    open = isContinued ? { line: start.line, text: joined } : null;
    if (isContinued) continue;
    const [, keyword = "", rest = ""] = /^(\w+)\s*(.*)$/.exec(joined) ?? [];
    instructions.push({ line: start.line, keyword: keyword.toUpperCase(), rest });
  }
  return instructions;
}

function withArguments(text: string, values: Arguments): string {
  return text.replace(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
}

function readCopy(rest: string): BuildStep | null {
  const words = rest.split(/\s+/);
  const from = words[0]?.startsWith("--from=") ? (words.shift()?.slice("--from=".length) ?? null) : null;
  const target = words.pop();
  if (target === undefined || words.length === 0 || words.some((word) => word.startsWith("--"))) return null;
  return { kind: "copy", from, sources: words, target };
}

function readAssignment(rest: string): Record<string, string> | null {
  const { name, value } = /^(?<name>\w+)=(?<value>\S*)$/.exec(rest)?.groups ?? {};
  return name === undefined || value === undefined ? null : { [name]: value };
}

function readLabels(rest: string): Record<string, string> {
  return Object.fromEntries(
    [...rest.matchAll(/([\w.-]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
  );
}

function readExecForm(rest: string): readonly string[] | null {
  try {
    const value: unknown = JSON.parse(rest);
    return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : null;
  } catch {
    return null;
  }
}
