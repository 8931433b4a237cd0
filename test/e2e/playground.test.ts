import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { agents } from "../../agents/index.ts";
import { applicationCommands } from "../../shared/interaction/definitions.ts";
import { launchBrowser } from "../support/browser.ts";
import { type FakeDiscord, startFakeDiscord } from "../support/discord/fake-discord.ts";
import { copyProject, type ProjectCopy } from "../support/project-copy.ts";
import { type RigProcess, startRig } from "../support/rig-process.ts";

const ADMIN_TOKEN = "a-token-for-this-test";

let stateDirectory: string;
let project: ProjectCopy;
let discord: FakeDiscord;
let rig: RigProcess;
let browser: Browser;

beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), "rig-playground-"));
  [project, discord] = await Promise.all([copyProject(), startFakeDiscord()]);
  [rig, browser] = await Promise.all([start(), launchBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  await rig?.stop();
  await discord?.close();
  await project?.remove();
  await rm(stateDirectory, { recursive: true, force: true });
});

/** Starts, or starts again at the address that open pages know. */
function start(): Promise<RigProcess> {
  const port = rig ? Number(new URL(rig.url).port) : 0;
  const settings = {
    ADMIN_TOKEN,
    DISCORD_API_BASE_URL: discord.restUrl,
    DISCORD_BOT_TOKEN: discord.token,
    DISCORD_PUBLIC_KEY: discord.world.publicKey(),
  };
  return startRig({ root: project.root, stateDirectory, port, settings });
}

it("answers with a tool, keeps everything over kill -9, stops and starts anew", async () => {
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 } });
  const page = await context.newPage();
  await page.goto(rig.login);

  await page.getByRole("button", { name: "Give me a random quote" }).waitFor();
  expect(await page.locator("#badge-label").textContent()).toBe("Demo model");
  await write(page, "Give me a quote about courage");

  const quote = page.locator(".turn").nth(0);
  await ended(page, 0, "done");
  const summary = quote.locator(".tool summary");
  expect(await summary.textContent()).toMatch(/^get_quotes_randomok\d+ ms$/);
  await summary.click();
  expect(await quote.locator(".tool-body").textContent()).toMatch(/"topic": "courage"[\s\S]*"author":/);
  expect(await quote.locator(".facts span").allTextContents()).toEqual([
    expect.stringMatching(/^[\d,]+ tokens in, \d+ out$/),
    "demo · free",
    expect.stringMatching(/^[\d.]+ m?s$/),
  ]);
  const answer = await quote.locator(".prose").allTextContents();
  expect(answer.join()).toMatch(/“.+” — /);

  await page.locator("#chats a", { hasText: "Give me a quote about courage" }).waitFor();

  await rig.kill();
  // Written while nobody is there to hear it.
  await write(page, "What did I say before?");
  await page.getByText("Not sent yet").waitFor();
  await page.locator("#strip", { hasText: "is kept and goes out" }).waitFor();
  rig = await start();
  await ended(page, 1, "done");
  expect(await page.locator("#strip").isVisible()).toBe(false);
  expect(await page.locator(".turn").count()).toBe(2);

  await page.reload();
  await page.locator("#chats a[aria-current=page]", { hasText: "Give me a quote about courage" }).waitFor();
  await ended(page, 1, "done");
  expect(await page.locator(".turn .message").allTextContents()).toEqual([
    expect.stringContaining("Give me a quote about courage"),
    expect.stringContaining("What did I say before?"),
  ]);
  expect(await quote.locator(".prose").allTextContents()).toEqual(answer);

  await write(page, "Count to 1000");
  await page.locator(".turn").nth(2).locator(".prose", { hasText: "1 2 3" }).waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await ended(page, 2, "cancelled");
  expect(await page.locator(".turn").nth(2).textContent()).toContain("Stopped.");
  await page.screenshot({ path: join(tmpdir(), "rig-playground.png") });

  await page.getByRole("button", { name: "New", exact: true }).click();
  await page.getByRole("button", { name: "Give me a random fact" }).click();
  await ended(page, 0, "done");
  expect(await page.locator(".turn").count()).toBe(1);
  await page.locator("#chats a", { hasText: "Give me a random fact" }).waitFor();

  await page.locator("#chats a", { hasText: "courage" }).click();
  await ended(page, 2, "cancelled");
  await context.close();
});

it("shows an answer that a crash cut in two once, and whole", async () => {
  const { context, page } = await signedIn();
  await write(page, "Count to 300");
  await page.locator(".prose", { hasText: "1 2 3" }).waitFor();
  await rig.kill();
  rig = await start();
  await ended(page, 0, "done");
  expect(await page.locator(".turn").count()).toBe(1);
  const text = await page.locator(".prose").allTextContents();
  expect(text.join(" ").match(/\d+/g)).toEqual(Array.from({ length: 300 }, (_, index) => String(index + 1)));
  await context.close();
});

it("leaves a reader who scrolled up alone, and follows one who is at the end", async () => {
  const { context, page } = await signedIn();
  const distance = () =>
    page.locator("#scroller").evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);
  await page.setViewportSize({ width: 1200, height: 400 });
  await write(page, "A long answer, please");
  await page.locator(".prose", { hasText: "paragraph 9" }).waitFor();
  expect(await distance()).toBeLessThan(48);

  await page.locator("#scroller").evaluate((box) => box.scrollTo(0, 0));
  await page.getByRole("button", { name: "Latest" }).waitFor();
  await page.locator(".prose", { hasText: "paragraph 15" }).waitFor();
  expect(await page.locator("#scroller").evaluate((box) => box.scrollTop)).toBe(0);

  await page.getByRole("button", { name: "Latest" }).click();
  await page.locator(".prose", { hasText: "paragraph 18" }).waitFor();
  expect(await distance()).toBeLessThan(48);
  await page.keyboard.press("Escape");
  await ended(page, 0, "cancelled");
  await context.close();
});

it("is used by keyboard alone, with the focus always somewhere", async () => {
  const { context, page } = await signedIn();
  const field = page.locator("#composer-text");
  await expectFocus(page, "composer-text");

  await page.keyboard.type("/ a draft");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("of two lines");
  await page.reload();
  await page.locator("#intro").waitFor();
  expect(await field.inputValue()).toBe("/ a draft\nof two lines");

  await field.fill("Count to 1000");
  await page.keyboard.press("Enter");
  expect(await field.inputValue()).toBe("");
  await page.locator(".prose", { hasText: "1 2 3" }).waitFor();
  await page.keyboard.press("Escape");
  await ended(page, 0, "cancelled");
  await page.locator("#announcer", { hasText: "Stopped." }).waitFor({ state: "attached" });
  await expectFocus(page, "composer-text");

  const address = page.url();
  await page.keyboard.press("Control+Shift+O");
  await page.locator("#intro").waitFor();
  expect(page.url()).not.toBe(address);
  await expectFocus(page, "composer-text");

  await page.locator("#skip").focus();
  await page.keyboard.press("Enter");
  await expectFocus(page, "composer-text");

  await page.setViewportSize({ width: 390, height: 800 });
  await page.locator("#sidebar").waitFor({ state: "hidden" });
  await page.locator("#menu").focus();
  await page.keyboard.press("Enter");
  await page.locator("#agents a:focus").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("#sidebar").waitFor({ state: "hidden" });
  await expectFocus(page, "menu");
  await context.close();
});

it("asks before a call that needs approval, keeps the question over kill -9, and makes the call once approved", async () => {
  const { context, page } = await signedIn();
  await write(page, 'Add the quote "Ask first" by Ann about care');
  const first = page.locator(".turn").nth(0);
  await first.and(page.locator("[data-state=parked]")).waitFor();
  // Whoever decides sees on what, without a click, and hears that there is something to decide.
  await first.getByText('"text": "Ask first"').waitFor();
  expect(await first.locator(".tool-status").textContent()).toBe("waiting for approval");
  await page.locator("#announcer", { hasText: "Waiting for approval." }).waitFor({ state: "attached" });
  await write(page, 'Add the quote "Not this one" by Ben about haste');
  await rig.kill();
  rig = await start();

  await page.locator("#strip").waitFor({ state: "hidden" });
  await first.getByRole("button", { name: "Approve" }).focus();
  await page.keyboard.press("Enter");
  await ended(page, 0, "done");
  expect(await first.locator(".tool-status").textContent()).toBe("ok");
  expect(await first.getByRole("button").count()).toBe(0);
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("SUMMARY");

  const second = page.locator(".turn").nth(1);
  await second.getByRole("button", { name: "Decline" }).click();
  await ended(page, 1, "done");
  expect(await second.locator(".tool-status").textContent()).toBe("declined");
  expect(await second.locator(".tool-body").textContent()).toContain("Declined by Operator.");
  await context.close();
});

it("runs nothing that a message brings, loads nothing from elsewhere, and breaks no rule of its own policy", async () => {
  const { context, page, complaints, foreign } = await signedIn();
  const message =
    '<img src="https://example.com/a.png" onerror="alert(1)"> ![x](https://example.com/b.png) **x**';
  await write(page, message);
  await ended(page, 0, "done");
  // The demo model repeats what it was told.
  expect(await page.locator(".prose").first().textContent()).toContain("onerror");
  expect(await page.locator(".turn img").count()).toBe(0);
  expect(await page.locator(".prose a[target=_blank]").first().getAttribute("rel")).toBe(
    "noopener noreferrer",
  );

  const policy = (await page.request.get(rig.url)).headers()["content-security-policy"];
  expect(policy).toContain("default-src 'self'");
  expect(policy).not.toContain("unsafe");
  expect(complaints).toEqual([]);
  expect(foreign).toEqual([]);
  await context.close();
});

it("asks who is there, and then goes where the address led", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${rig.url}/#/assistant/from-a-link`);
  expect(new URL(page.url()).pathname).toBe("/login");
  await signIn(page, "wrong");
  expect(await page.getByRole("alert").textContent()).toBe("That token is not the right one.");

  await page.goto(`${rig.url}/#/assistant/from-a-link`);
  await signIn(page, ADMIN_TOKEN);
  await page.locator("#intro", { hasText: "Assistant" }).waitFor();
  expect(page.url()).toBe(`${rig.url}/#/assistant/from-a-link`);

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(`${rig.url}/login`);
  await context.close();
});

it("shows in the fake Discord's client what a bot posts, edits and starts there, and what a person writes", async () => {
  const discord = await startFakeDiscord();
  onTestFinished(() => discord.close());
  const mia = discord.world.createUser({ username: "mia", globalName: "Mia" });
  const guild = discord.world.createGuild("Home");
  const channel = discord.world.createChannel(guild.id, "general");
  const post = (path: string, body: object, method = "POST") =>
    fetch(discord.restUrl + path, {
      method,
      headers: { Authorization: `Bot ${discord.token}`, "Content-Type": "application/json" },
      body: JSON.stringify(body),
    }).then((response) => response.json() as Promise<{ id: string }>);

  const page = await discordPage(`${discord.clientUrl}#${channel.id}`);
  await page.getByPlaceholder("Message general").fill("Hello <b>there</b>");
  await page.keyboard.press("Enter");
  await page.getByText("Hello <b>there</b>", { exact: true }).waitFor();
  const [asked] = discord.world.messages(channel.id);
  expect(asked).toMatchObject({ author: { id: mia.id }, content: "Hello <b>there</b>" });

  const thread = await post(`/channels/${channel.id}/messages/${asked?.id}/threads`, { name: "Greetings" });
  const answer = await post(`/channels/${thread.id}/messages`, { content: "Hi" });
  discord.world.type(thread.id, discord.world.bot().id);
  await page.getByRole("link", { name: "Greetings · 1 message" }).click();
  const shown = page.locator(`[data-id="${answer.id}"] .content`);
  await shown.waitFor();
  expect(await shown.textContent()).toBe("Hi");
  await page.getByText("rig is typing …").waitFor();
  await post(`/channels/${thread.id}/messages/${answer.id}`, { content: "**Hi** there" }, "PATCH");
  await page.getByText("(edited)").waitFor();
  expect(await shown.textContent()).toBe("**Hi** there (edited)");
});

it("has a person of the fake Discord ask by command, decide by a button, and read alone what is for them alone", async () => {
  const { world } = discord;
  const ann = world.createUser({ username: "ann", globalName: "Ann" });
  const sam = world.createUser({ username: "sam", globalName: "Sam" });
  const guild = world.createGuild("Home");
  for (const { id } of [ann, sam]) world.join(guild.id, id);
  const channel = world.createChannel(guild.id, "commands");
  const agent = agents.get("example-e");
  if (agent === undefined) throw new Error("there is no example-e");
  world.setCommands(applicationCommands(agent.character, { kind: "global" }));
  world.setInteractionsEndpoint(`${rig.url}/agents/example-e/interactions`);
  const page = await discordPage(`${discord.clientUrl}#${channel.id}`);
  const composer = page.getByPlaceholder("Message commands");

  await composer.pressSequentially("/sta");
  await page.getByRole("option", { name: "/status", selected: true }).waitFor();
  await page.keyboard.press("Enter");
  expect(await composer.inputValue()).toBe("/status");
  await page.keyboard.press("Enter");
  const privately = page.locator(".message", { hasText: "Only you can see this" });
  await privately.getByText("is answered by").waitFor();
  expect(world.messages(channel.id)).toEqual([]);

  await composer.fill('/ask Add the quote "Ask first" by Ben about care');
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Approve" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("“Ask first” — Ben").waitFor();
  expect(world.messages(channel.id).map(({ content }) => content)).toEqual([
    expect.stringContaining("approved by Ann"),
  ]);

  // Whoever else looks sees the answer that is for all, and nothing of the other.
  await page.getByLabel("Write as").selectOption("Sam");
  await privately.waitFor({ state: "detached" });
  expect(await page.getByText("“Ask first” — Ben").count()).toBe(1);
  expect(discord.violations).toEqual([]);
});

it("fits into 30 KB", async () => {
  const script = await fetch(`${rig.url}/playground.js`);
  expect(script.ok).toBe(true);
  expect(gzipSync(await script.text()).length).toBeLessThan(30 * 1024);
});

/** A fake Discord's client, until the test has finished. */
async function discordPage(url: string): Promise<Page> {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

/** A page in a new conversation, and whatever it complains about or asks of others. */
async function signedIn(): Promise<{
  context: BrowserContext;
  page: Page;
  complaints: string[];
  foreign: string[];
}> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  const foreign: string[] = [];
  // Chromium reports what a policy has refused as an error on the console.
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(rig.url)) foreign.push(request.url());
  });
  await page.goto(`${rig.url}/login`);
  await signIn(page, ADMIN_TOKEN);
  await page.locator("#intro").waitFor();
  return { context, page, complaints, foreign };
}

async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel("Access token").fill(token);
  await page.keyboard.press("Enter");
}

async function write(page: Page, text: string): Promise<void> {
  await page.locator("#composer-text").fill(text);
  await page.keyboard.press("Enter");
}

/** Waits until the turn at this place of the conversation has come to its end. */
async function ended(page: Page, index: number, state: "done" | "cancelled"): Promise<void> {
  await page
    .locator(".turn")
    .nth(index)
    .and(page.locator(`[data-state=${state}]`))
    .waitFor();
}

async function expectFocus(page: Page, id: string): Promise<void> {
  expect(await page.evaluate(() => document.activeElement?.id)).toBe(id);
}
