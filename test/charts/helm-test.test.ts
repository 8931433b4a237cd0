import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { one, render } from "../support/chart.ts";
import { withKiro } from "./values.ts";

const release = render(withKiro({}));

describe("helm test", () => {
  it.each([
    ["passes when the gateway is ready", 200, 0],
    ["fails with what the gateway says when it is not", 503, 1],
  ])("%s", async (_, status, code) => {
    await using gateway = await startGateway(status);
    expect(await runTestPod(gateway.port)).toEqual({ code, output: `127.0.0.1: {"status":${status}}\n` });
  });

  it("fails when nobody answers", async () => {
    const gateway = await startGateway(200);
    await gateway[Symbol.asyncDispose]();
    const { code, output } = await runTestPod(gateway.port);
    expect(code).toBe(1);
    expect(output).toMatch(/^127\.0\.0\.1: no answer: .*ECONNREFUSED/);
  });

  it("asks pods that are not ready too", async () => {
    const manifests = await release;
    const { spec, metadata } = one("Service", manifests, "kiro");
    expect(spec).toMatchObject({ clusterIP: "None", publishNotReadyAddresses: true });
    const [container] = one("Pod", manifests, "kiro").spec?.containers ?? [];
    expect(container?.env).toEqual([
      { name: "GATEWAY_HOST", value: metadata.name },
      { name: "GATEWAY_PORT", value: String(spec?.ports?.[0]?.port) },
    ]);
  });
});

/** Runs what the pod of `helm test` runs, against a gateway of this machine. */
async function runTestPod(port: number): Promise<{ code: unknown; output: string }> {
  const pod = one("Pod", await release, "kiro");
  expect(pod.metadata.annotations).toMatchObject({ "helm.sh/hook": "test" });
  const [container] = pod.spec?.containers ?? [];
  const [program, ...options] = container?.command ?? [];
  expect(program).toBe("node");
  const env = { GATEWAY_HOST: "127.0.0.1", GATEWAY_PORT: String(port) };
  const child = spawn(process.execPath, [...options, ...(container?.args ?? [])], { env });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const [output, code] = await Promise.all([text(child.stdout), ended]);
  return { code, output };
}

async function startGateway(status: number): Promise<AsyncDisposable & { port: number }> {
  const server = createServer((request, response) => {
    response.writeHead(request.url === "/readyz" ? status : 404);
    response.end(`{"status":${status}}\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
