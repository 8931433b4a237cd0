/** A real Chromium from npm, for tests that need a browser and no system package. */
import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Browser, chromium as playwright } from "playwright-core";

const unpack =
  'import("@sparticuz/chromium").then(async (it) => console.log(await it.default.executablePath()))';

/**
 * Launches Chromium, unpacked into the temporary directory on the first use (about 3 s), without its habit of calling
 * home. It runs without a sandbox, as it must inside containers: open nothing but this project's own pages with it.
 *
 * @throws Error when Chromium cannot start; its output says why, mostly a missing system library.
 */
export async function launchBrowser(): Promise<Browser> {
  // It takes a file that is half unpacked for the whole: one process at a time.
  const lock = join(tmpdir(), "rig-chromium.lock");
  const { stdout } = await promisify(execFile)("flock", [lock, process.execPath, "-e", unpack], {
    cwd: import.meta.dirname,
  });
  return playwright.launch({
    executablePath: stdout.trim(),
    args: [
      "--no-sandbox",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
