/** A project of its own for `rig migrate`, and what the command says about it. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { runMigrate } from "../../cli/migrate.ts";

/** An agents/index.ts without agents. */
export const emptyRegistry = `import { defineAgents } from "../shared/character/registry.ts";

export const agents = defineAgents({});
`;

/** Path of a values file of an original chart, in test/support/values. */
export function valuesFixture(name: string): string {
  return fileURLToPath(new URL(`values/${name}`, import.meta.url));
}

/** The lines below a heading of the report. */
export function section(output: string, title: string): string[] {
  const [, rest = ""] = output.split(`${title}:\n`);
  const [lines = ""] = rest.split("\n\n");
  return lines.split("\n").map((line) => line.trim());
}

export class MigrationProject {
  readonly root = mkdtempSync(join(tmpdir(), "rig-migrate-"));

  constructor() {
    this.put("agents/index.ts", emptyRegistry);
    this.put("wrangler.toml", 'name = "rig"\n\n[triggers]\ncrons = ["* * * * *"]\n');
  }

  /** Calls the command in this project. */
  run(...argv: string[]): { exitCode: number; output: string; complaint: string } {
    let output = "";
    let complaint = "";
    const exitCode = runMigrate(argv, {
      workingDirectory: this.root,
      root: this.root,
      write: (text) => {
        output += text;
      },
      complain: (text) => {
        complaint += text;
      },
    });
    return { exitCode, output, complaint };
  }

  /** Migrates files of test/support/values. @throws Error when the command complains. */
  migrate(names: readonly string[], ...options: string[]): string {
    const { exitCode, output, complaint } = this.run(...names.map(valuesFixture), ...options);
    if (exitCode !== 0 || complaint !== "") throw new Error(`exit code ${exitCode}: ${complaint}`);
    return output;
  }

  put(file: string, content: string): void {
    mkdirSync(dirname(join(this.root, file)), { recursive: true });
    writeFileSync(join(this.root, file), content);
  }

  text(file: string): string {
    return readFileSync(join(this.root, file), "utf8");
  }

  character(id: string): unknown {
    return JSON.parse(this.text(`agents/${id}/character.json`));
  }

  gatewayValues(): unknown {
    return parse(this.text("values.gateway-bridge.yaml"));
  }

  /** Paths of everything in it, sorted. */
  files(): string[] {
    return readdirSync(this.root, { recursive: true, encoding: "utf8" }).sort();
  }

  remove(): void {
    rmSync(this.root, { recursive: true });
  }
}
