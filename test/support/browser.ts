/** A real Chromium from npm, for tests that need a browser and no system package. */
import chromium from "@sparticuz/chromium";
import { type Browser, chromium as playwright } from "playwright-core";

/**
 * Launches Chromium, unpacked into the temporary directory on the first use (about 3 s), without its habit of calling
 * home. It runs without a sandbox, as it must inside containers: open nothing but this project's own pages with it. Tests
 * with a browser stand in one file: a second process would take what is half unpacked for the whole.
 *
 * @throws Error when Chromium cannot start; its output says why, mostly a missing system library.
 */
export async function launchBrowser(): Promise<Browser> {
  return playwright.launch({
    executablePath: await chromium.executablePath(),
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
