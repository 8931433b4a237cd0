/** Size of the Worker's bundle, as wrangler makes it. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { bundleWorker, root } from "../test/support/bundled-worker.ts";

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
