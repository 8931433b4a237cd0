import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { root } from "../../support/bundled-worker.ts";

const permissionsSchema = z.record(z.string(), z.string());
const stepSchema = z.object({
  id: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
});
const workflowSchema = z.object({
  permissions: permissionsSchema,
  defaults: z.object({ run: z.object({ shell: z.string() }) }),
  jobs: z.record(
    z.string(),
    z.object({
      uses: z.string().optional(),
      permissions: permissionsSchema,
      steps: z.array(stepSchema).default([]),
    }),
  ),
});

const read = (path: string) => readFileSync(join(root, path), "utf8");
const workflow = workflowSchema.parse(parse(read(".github/workflows/release.yml")));
const jobs = Object.values(workflow.jobs);
const steps = jobs.flatMap((job) => job.steps);
const scripts = steps.flatMap(({ run }) => (run === undefined ? [] : [run]));

describe("the release", () => {
  it("lets no job do more than read the code and be known by its identity", () => {
    expect(workflow.permissions).toEqual({});
    expect(workflow.jobs.release?.permissions).toEqual({ contents: "read", "id-token": "write" });
    expect(workflow.jobs.ci?.permissions).toEqual({ contents: "read" });
  });

  it("runs the tests first, as any change does", () => {
    expect(workflow.jobs.ci?.uses).toBe("./.github/workflows/ci.yml");
    expect(parse(read(".github/workflows/ci.yml"))).toHaveProperty("on.workflow_call");
  });

  it("pins what others wrote by commit", () => {
    const actions = steps.flatMap(({ uses }) => uses ?? []);
    expect(actions.length).toBeGreaterThan(2);
    for (const action of actions) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
  });

  it("builds the Dockerfile that is there, with arguments that it takes", () => {
    const build = steps.find(({ id }) => id === "image")?.with ?? {};
    expect(build).toMatchObject({ push: true, sbom: true, provenance: "mode=max" });
    const dockerfile = read(String(build.file));
    const names = [...String(build["build-args"]).matchAll(/^(\w+)=/gm)].map(([, name]) => name);
    expect(names).toHaveLength(3);
    for (const name of names) expect(dockerfile).toMatch(new RegExp(`^ARG ${name}=`, "m"));
  });

  it("packages the chart that is there, with the image that it has pushed", () => {
    const script = scripts.find((text) => text.includes("helm package")) ?? "";
    const chart = /helm package (\S+)/.exec(script)?.[1] ?? "";
    expect(parse(read(`${chart}/Chart.yaml`))).toMatchObject({ name: chart.split("/").at(-1) });
    const [, path, file] = /yq --inplace '\.(\S+) = strenv\(IMAGE\)' (\S+)/.exec(script) ?? [];
    expect(file).toBe(`${chart}/values.yaml`);
    expect(parse(read(String(file)))).toHaveProperty(String(path));
  });

  it("has scripts that a shell can read, that stop at an error, and that nothing from outside is written into", () => {
    // GitHub runs what is named so with -eo pipefail.
    expect(workflow.defaults.run.shell).toBe("bash");
    expect(scripts.length).toBeGreaterThan(2);
    for (const script of scripts) {
      execFileSync("bash", ["-n"], { input: script });
      expect(script).not.toContain("${{");
    }
  });
});
