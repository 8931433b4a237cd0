/** Size of the Worker's bundle and the CPU time it takes to start, as wrangler measures both. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { bundleWorker, root } from "../test/support/bundled-worker.ts";
import { median } from "./statistics.ts";

const RUNS = 5;
const KB = 1000;
const config = join(root, "wrangler.toml");
const baselineConfig = join(root, "bench/baseline/wrangler.toml");

const directory = await mkdtemp(join(tmpdir(), "rig-bench-bundle-"));
try {
  await bundleWorker(config, directory);
  await bundleWorker(baselineConfig, join(directory, "baseline"));
  const size = await sizeOf(join(directory, "index.js"));
  const baseline = await sizeOf(join(directory, "baseline", "worker.js"));
  console.log(`Worker bundle: ${kilobytes(size.raw)} raw, ${kilobytes(size.gzip)} gzip (aim ≤ 450 KB gzip)`);
  console.log(
    `bare Hono + Durable Object echo: ${kilobytes(baseline.raw)} raw, ${kilobytes(baseline.gzip)} gzip`,
  );
  console.log(`ratio of gzip sizes: ${(size.gzip / baseline.gzip).toFixed(1)}`);

  const startup: number[] = [];
  const baselineStartup: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    startup.push(await startupMs(config));
    baselineStartup.push(await startupMs(baselineConfig));
  }
  const ratio = median(startup) / median(baselineStartup);
  console.log(`start-up CPU, median of ${RUNS} runs: ${median(startup)} ms (aim ≤ 60 ms)`);
  console.log(`bare Hono + Durable Object echo: ${median(baselineStartup)} ms; ratio: ${ratio.toFixed(2)}`);
} finally {
  await rm(directory, { recursive: true, force: true });
}

function kilobytes(bytes: number): string {
  return `${(bytes / KB).toFixed(0)} KB`;
}

async function sizeOf(file: string): Promise<{ raw: number; gzip: number }> {
  const code = await readFile(file);
  return { raw: code.byteLength, gzip: gzipSync(code, { level: 9 }).byteLength };
}

/** Milliseconds of start-up in which the CPU was busy, as `wrangler check startup` says. @throws when wrangler's report cannot be read. */
async function startupMs(configFile: string): Promise<number> {
  const wrangler = join(root, "node_modules/wrangler/bin/wrangler.js");
  const profile = join(directory, "startup.cpuprofile");
  const args = [wrangler, "check", "startup", "--config", configFile, "--outfile", profile];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: root,
    env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
  });
  const active = /Active: ([\d.]+) ms/.exec(stdout)?.[1];
  if (active === undefined) throw new Error(`no figure in what wrangler printed:\n${stdout}`);
  return Number(active);
}
