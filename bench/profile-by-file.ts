/**
 * A CPU profile of the Worker, by V8's inspector, by source file. Samples are counted and not added up by their times: workerd takes
 * none while no JavaScript runs, so that what is between two of them may be rest.
 */
import { readFile } from "node:fs/promises";
import { SourceMap } from "node:module";
import { join, relative, resolve } from "node:path";
import * as z from "zod";
import { root } from "../test/support/bundled-worker.ts";

export interface FileShare {
  /** Below the project's folder, or what V8 does: `(program)`, `(garbage collector)`, a function or a module of the runtime. */
  file: string;
  /** Of the samples, those in which a function of it was on top of the stack; 0 to 1. */
  share: number;
}

const targetsSchema = z.array(z.object({ id: z.string(), webSocketDebuggerUrl: z.string() }));
const replySchema = z.object({ id: z.int(), result: z.unknown().optional() });
const profileSchema = z.object({
  profile: z.object({
    nodes: z.array(
      z.object({
        id: z.int(),
        callFrame: z.object({
          functionName: z.string(),
          url: z.string(),
          lineNumber: z.int(),
          columnNumber: z.int(),
        }),
      }),
    ),
    samples: z.array(z.int()),
  }),
});
const mapSchema = z.object({
  version: z.int(),
  sources: z.array(z.string()),
  names: z.array(z.string()),
  mappings: z.string(),
});

/**
 * @param port of the inspector of a Miniflare with one Worker, objects included: they share an isolate.
 * @param directory of its bundle, `index.js` with a source map.
 * @param work is profiled.
 * @returns the largest share first
 */
export async function profileByFile(
  port: number,
  directory: string,
  work: () => Promise<void>,
): Promise<FileShare[]> {
  const targets = targetsSchema.parse(await (await fetch(`http://127.0.0.1:${port}/json/list`)).json());
  const target = targets.find(({ id }) => id.startsWith("core:user:"));
  if (target === undefined) throw new Error("the inspector knows no Worker");
  const inspector = await connect(target.webSocketDebuggerUrl);
  await inspector.call("Profiler.enable");
  await inspector.call("Profiler.setSamplingInterval", { interval: 200 });
  await inspector.call("Profiler.start");
  await work();
  const { profile } = profileSchema.parse(await inspector.call("Profiler.stop"));
  inspector.close();

  const json: unknown = JSON.parse(await readFile(join(directory, "index.js.map"), "utf8"));
  const map = new SourceMap({
    ...mapSchema.parse(json),
    file: "index.js",
    sourceRoot: "",
    sourcesContent: [],
  });
  const fileOf = new Map(
    profile.nodes.map(({ id, callFrame: { functionName, url, lineNumber, columnNumber } }) => {
      if (!url.endsWith("index.js")) return [id, url || functionName];
      const entry = map.findEntry(lineNumber, columnNumber);
      return [id, "originalSource" in entry ? relative(root, resolve(directory, entry.originalSource)) : url];
    }),
  );
  const running = profile.samples.map((id) => fileOf.get(id) ?? "").filter((file) => file !== "(idle)");
  const byFile = Map.groupBy(running, (file) => file || "(native)");
  return [...byFile]
    .map(([file, samples]) => ({ file, share: samples.length / running.length }))
    .sort((a, b) => b.share - a.share);
}

/** Speaks the Chrome DevTools Protocol. */
async function connect(url: string) {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve, { once: true });
    socket.addEventListener("error", () => reject(new Error("cannot connect to the inspector")), {
      once: true,
    });
  });
  let calls = 0;
  return {
    call(method: string, params: object = {}): Promise<unknown> {
      const id = ++calls;
      return new Promise((resolve) => {
        const listen = ({ data }: MessageEvent) => {
          const reply = replySchema.safeParse(JSON.parse(String(data)));
          if (!reply.success || reply.data.id !== id) return;
          socket.removeEventListener("message", listen);
          resolve(reply.data.result);
        };
        socket.addEventListener("message", listen);
        socket.send(JSON.stringify({ id, method, params }));
      });
    },
    close: () => socket.close(),
  };
}
