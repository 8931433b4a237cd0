import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { chartDirectory, currentReadme, readValues, renderReadme } from "../../charts/readme.ts";
import { notes, one, render } from "../support/chart.ts";
import { fourAgents, withKiro } from "./values.ts";

describe("helm test", () => {
  it.each([
    ["passes when the gateway is ready", [200], 0],
    ["fails with what the gateway says when it is not", [503], 1],
    ["fails when nobody answers", [], 1],
  ])("%s", async (_, statuses, code) => {
    const pod = one("Pod", await render(withKiro({})), "kiro");
    expect(pod.metadata.annotations).toMatchObject({ "helm.sh/hook": "test" });
    const [container] = pod.spec?.containers ?? [];
    const [program = "", ...options] = container?.command ?? [];
    expect(program).toBe("node");
    const server = await gateway(statuses);
    const { port } = server.address() as AddressInfo;
    if (statuses.length === 0) await closed(server);
    const env = { GATEWAY_HOST: "127.0.0.1", GATEWAY_PORT: String(port) };
    expect(container?.env?.map(({ name }) => name)).toEqual(Object.keys(env));
    const child = spawn(process.execPath, [...options, ...(container?.args ?? [])], { env });
    const [output, ended] = await Promise.all([
      text(child.stdout),
      new Promise((resolve) => child.once("close", resolve)),
    ]);
    if (statuses.length > 0) await closed(server);
    expect(ended).toBe(code);
    expect(output).toMatch(
      statuses.length > 0 ? `127.0.0.1: {"status":${statuses[0]}}\n` : /^127\.0\.0\.1: no answer/,
    );
  });

  it("asks pods that are not ready too", async () => {
    const manifests = await render(withKiro({}));
    const { spec, metadata } = one("Service", manifests, "kiro");
    expect(spec).toMatchObject({ clusterIP: "None", publishNotReadyAddresses: true });
    const [container] = one("Pod", manifests, "kiro").spec?.containers ?? [];
    expect(container?.env).toEqual([
      { name: "GATEWAY_HOST", value: metadata.name },
      { name: "GATEWAY_PORT", value: String(spec?.ports?.[0]?.port) },
    ]);
  });
});

describe("NOTES.txt", () => {
  it("tells the next step of a release with agents", async () => {
    await expect(await notes(fourAgents)).toMatchFileSnapshot("notes/four-agents.txt");
  });

  it("tells the next step of a release without any", async () => {
    await expect(await notes({})).toMatchFileSnapshot("notes/no-agents.txt");
  });
});

describe("README.md", () => {
  const read = (file: string) => readFileSync(chartDirectory + file, "utf8");

  it("is what npm run chart:readme writes", () => {
    expect(read("README.md")).toBe(currentReadme());
  });

  it("would change with a value's comment or default", () => {
    const changed = read("values.yaml").replace("replicas: 2", "replicas: 5");
    expect(renderReadme(read("README.md"), changed, read("moved.yaml"))).toContain(
      "| `defaults.replicas` | `5` |",
    );
  });

  it("cannot be made while a value has no comment", () => {
    expect(() => readValues("# First.\na: 1\nb:\n  # Inner.\n  c: 1\n  d: 2\n")).toThrow(
      "values.yaml: b.d: expected a comment",
    );
    expect(readValues("# The file.\n\n# First.\na: 1\nb:\n  # Inner.\n  c: [1]\n")).toEqual([
      { path: "a", default: 1, meaning: "First." },
      { path: "b.c", default: [1], meaning: "Inner." },
    ]);
  });
});

async function gateway(statuses: readonly number[]): Promise<Server> {
  const [status = 500] = statuses;
  const server = createServer((request, response) => {
    response.writeHead(request.url === "/readyz" ? status : 404);
    response.end(`{"status":${status}}\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

function closed(server: Server): Promise<unknown> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}
