/** What is promised of the gateway's image, each with what shows it on an image that is laid out in a folder. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { root as project } from "../bundled-worker.ts";
import { superviseGateway } from "../gateway-process.ts";
import { startContainer, userOf } from "./container.ts";
import type { ImageLayout } from "./layout.ts";

export interface Proof {
  claim: string;
  /** @throws AssertionError when it does not hold. */
  show(layout: ImageLayout): Promise<void>;
}

export const proofs: readonly Proof[] = [
  {
    claim: "adds one file to its base image, the one that npm run build makes",
    show: async ({ root, files }) => {
      deepEqual(files, ["/app/main.js"]);
      const [ofImage, ofBuild] = await Promise.all([
        readFile(join(root, "app/main.js"), "utf8"),
        readFile(join(project, "dist/gateway/main.js"), "utf8"),
      ]);
      ok(ofImage === ofBuild, "/app/main.js and dist/gateway/main.js differ");
    },
  },
  {
    claim: "runs as a user who is not root, named by number",
    show: async (layout) => deepEqual(userOf(layout), { uid: 65532, gid: 65532 }),
  },
  {
    claim: "says what it is in OCI labels",
    show: async ({ image: { labels } }) => {
      const keys = ["title", "description", "licenses", "version", "revision", "source"];
      deepEqual(Object.keys(labels).sort(), keys.map((key) => `org.opencontainers.image.${key}`).sort());
      for (const [key, value] of Object.entries(labels)) match(value, /\S/, key);
    },
  },
  {
    claim: "ends with an empty environment, and names what is missing",
    show: async (layout) => {
      const { code, output } = await endOf(layout, { env: {} });
      equal(code, 2);
      for (const name of ["RIG_AGENT", "RIG_WORKER_URL", "BRIDGE_SECRET", "DISCORD_BOT_TOKEN"])
        match(output, new RegExp(`^${name}: expected `, "m"));
    },
  },
  {
    claim: "reads no file of the host and writes none",
    show: async (layout) => {
      const attempts = [
        `readFileSync(${JSON.stringify(join(project, "package.json"))})`,
        `writeFileSync("/tmp/written", "")`,
        `writeFileSync(${JSON.stringify(join(layout.root, "app/written"))}, "")`,
      ];
      for (const attempt of attempts) {
        const program = `try { require("node:fs").${attempt} } catch (error) { console.log(error.code) }`;
        const { output } = await endOf(layout, { command: ["node", "-e", program], env: {} });
        equal(output.trim(), "ERR_ACCESS_DENIED", attempt);
      }
    },
  },
  {
    claim: "runs without privileges, tells how it is, and ends on SIGTERM",
    show: async (layout) => {
      await using gateway = superviseGateway(startContainer(layout, { env: strandedEnvironment }));
      const url = await gateway.url();
      equal((await fetch(`${url}/healthz`)).status, 200);
      equal((await fetch(`${url}/readyz`)).status, 503);
      const isRoot = process.getuid?.() === 0;
      const expected = isRoot ? userOf(layout).uid : process.getuid?.();
      const status = await readFile(`/proc/${gateway.pid}/status`, "utf8");
      match(status, new RegExp(`^Uid:\\t${expected}\\t${expected}\\t`, "m"));
      equal(await gateway.terminate(), 0, gateway.log());
    },
  },
];

/** All that the gateway needs, of a Worker that nobody runs. */
const strandedEnvironment = {
  RIG_AGENT: "herald",
  RIG_WORKER_URL: "http://127.0.0.1:9",
  DISCORD_API_BASE_URL: "http://127.0.0.1:9",
  DISCORD_BOT_TOKEN: "token",
  BRIDGE_SECRET: "secret",
  PORT: "0",
};

async function endOf(
  layout: ImageLayout,
  spec: Parameters<typeof startContainer>[1],
): Promise<{ code: number | null; output: string }> {
  const child = startContainer(layout, spec);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [out, error, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, output: `${out}${error}` };
}
