/** `node test/e2e/screenshots.ts`: takes the README's pictures of the playground, as a fresh `npm start` shows it. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launchBrowser } from "../support/browser.ts";
import { startRig } from "../support/rig-process.ts";

/** Largest picture, in bytes. */
const MAX_SIZE = 200_000;

const target = fileURLToPath(new URL("../../docs/images/", import.meta.url));
const stateDirectory = await mkdtemp(join(tmpdir(), "rig-screenshots-"));
const rig = await startRig({ stateDirectory });
const browser = await launchBrowser();
try {
  await mkdir(target, { recursive: true });
  const page = await browser.newPage({ viewport: { width: 1120, height: 820 }, deviceScaleFactor: 1.5 });
  await page.goto(rig.login);
  for (const text of ["Tell me a fact about space", "Give me a quote about courage"]) {
    await page.getByRole("button", { name: "New", exact: true }).click();
    await page.locator("#intro").waitFor();
    await page.locator("#composer-text").fill(text);
    await page.keyboard.press("Enter");
    await page.locator(".turn[data-state=done]").waitFor();
    await page.locator("#chats a", { hasText: text }).waitFor();
  }
  await page.locator(".tool summary").click();
  await page.locator("#composer-text").click();
  await page.locator("#scroller").evaluate((box) => box.scrollTo(0, 0));
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const picture = await page.screenshot({ path: join(target, `playground-${colorScheme}.png`) });
    if (picture.length > MAX_SIZE)
      throw new Error(`playground-${colorScheme}.png is ${picture.length} bytes.`);
  }
} finally {
  await browser.close();
  await rig.stop();
  await rm(stateDirectory, { recursive: true, force: true });
}
