import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { chartDirectory } from "../../charts/readme.ts";
import { root } from "../support/bundled-worker.ts";
import { type Manifest, render } from "../support/chart.ts";
import { runTool } from "../support/kubernetes-tools.ts";
import { everything, fourAgents } from "./values.ts";

/** Objects of Kubernetes' own; those of Prometheus are in features.test.ts. */
async function nativeManifests(): Promise<Manifest[]> {
  const releases = await Promise.all([render(fourAgents), render(everything)]);
  return releases.flat().filter(({ apiVersion }) => !apiVersion.startsWith("monitoring.coreos.com/"));
}

const manifests = nativeManifests();

const modelSchema = z.custom<new (data: object) => { validate(): void }>(
  (value) => typeof value === "function",
);

describe("what the chart renders", () => {
  it("has values that Kubernetes takes", async () => {
    const all = await manifests;
    expect(all.length).toBeGreaterThanOrEqual(30);
    for (const manifest of all) {
      const model = await modelOf(manifest);
      expect(() => new model(manifest).validate(), manifest.metadata.name).not.toThrow();
    }
    const wrong = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "wrong" },
      spec: { replicas: "2" },
    };
    const model = await modelOf(wrong);
    expect(() => new model(wrong).validate()).toThrow("replicas");
  });

  it("has no field that Kubernetes does not know", async () => {
    const all = await manifests;
    const wrong = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "wrong" } };
    const problems = await typeProblems([
      ...all,
      { ...wrong, spec: { selector: {}, template: {}, replica: 2 } },
    ]);
    // The last one is there to see that anything is looked at.
    expect(problems).toEqual([
      expect.stringContaining(`'"replica"' does not exist in type 'IDeploymentSpec'`),
    ]);
  });

  it("passes helm lint --strict, with and without agents", async () => {
    for (const values of [{}, fourAgents, everything]) {
      const args = ["lint", "--strict", chartDirectory, "--values", "-"];
      const { code, stdout } = await runTool("helm", args, JSON.stringify(values));
      expect(stdout).toContain("1 chart(s) linted, 0 chart(s) failed");
      expect(code).toBe(0);
    }
  });
});

async function modelOf({ apiVersion, kind }: Manifest) {
  const models: Record<string, unknown> = await import(/* @vite-ignore */ `kubernetes-models/${apiVersion}`);
  return modelSchema.parse(models[kind]);
}

/** What the compiler says of manifests that are written down as literals of their kubernetes-models types. */
async function typeProblems(all: readonly Manifest[]): Promise<string[]> {
  // Inside the project, where the types are found.
  const directory = await mkdtemp(join(root, "node_modules/.cache/manifests-"));
  try {
    const constants = all.map(({ apiVersion, kind, ...rest }, n) => {
      const type = `import("kubernetes-models/${apiVersion}").I${kind}`;
      return `export const manifest${n}: ${type} = ${JSON.stringify({ apiVersion, kind, ...rest })};`;
    });
    await writeFile(join(directory, "manifests.ts"), constants.join("\n"));
    const compilerOptions = {
      module: "esnext",
      moduleResolution: "bundler",
      target: "es2024",
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: [],
    };
    await writeFile(
      join(directory, "tsconfig.json"),
      JSON.stringify({ compilerOptions, files: ["manifests.ts"] }),
    );
    const output = await new Promise<string>((resolve) => {
      execFile(join(root, "node_modules/.bin/tsc"), ["--pretty", "false", "-p", directory], (_, stdout) =>
        resolve(stdout),
      );
    });
    return output.split("\n").filter((line) => line.includes("error TS"));
  } finally {
    await rm(directory, { recursive: true });
  }
}
