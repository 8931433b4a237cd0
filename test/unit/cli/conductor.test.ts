import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { rebuildConductor } from "../../../cli/conductor.ts";

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A Worker that answers each request with the next of these; what it was sent. */
async function worker(answers: { status: number; body: unknown }[]) {
  const sent: { authorization: string | undefined; url: string | undefined; body: unknown }[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    sent.push({ authorization: request.headers.authorization, url: request.url, body: JSON.parse(text) });
    const { status, body } = answers[sent.length - 1] ?? { status: 500, body: "too many requests" };
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sent };
}

it("rig conductor rebuild goes on until the Worker says that all is done", async () => {
  const { url, sent } = await worker([
    { status: 200, body: { streams: 2, events: 900, next: "acme/shop#2" } },
    { status: 200, body: { streams: 1, events: 3, next: null } },
  ]);
  expect(await rebuildConductor({ url, adminToken: "admin" })).toEqual({ streams: 3, events: 903 });
  const common = { authorization: "Bearer admin", url: "/api/conductor/rebuild" };
  expect(sent).toEqual([
    { ...common, body: { after: "" } },
    { ...common, body: { after: "acme/shop#2" } },
  ]);
});

it("rig conductor rebuild tells what the Worker refuses", async () => {
  const { url } = await worker([{ status: 401, body: { error: "Expected the admin token" } }]);
  await expect(rebuildConductor({ url, adminToken: "wrong" })).rejects.toThrow(
    /401.*Expected the admin token/,
  );
});
