/**
 * `npm run path:message`: the files that one Discord message passes, from the gateway's socket to the post of its answer,
 * in the order in which they are first called. It is the first message of a conversation, of an agent as the defaults make
 * it: it gets a thread of its own. Ends with 1 when there are more than {@link MOST_PASSED}, or when one of them has no line
 * in docs/architecture.md.
 *
 * A message passes a file that has a function on the stack when something about the message leaves for another program or
 * object: a frame of a socket, a request, a call of a Durable Object. Files that are on the stack only when something is written
 * down or looked up in a database are listed and counted apart. The stack is that of causes: who waits, who
 * started what nobody waits for, and who called over the border before. So a file that hands the message on is counted
 * whatever its size, and a file that is only asked something on the way, such as a schema, a rule or a text, is not.
 *
 *     npm run path:message -- --tree
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { root } from "../support/bundled-worker.ts";
import {
  type Crossing,
  followMessage,
  type MessagePath,
  type PathFile,
  undocumented,
} from "./message-path.ts";
import { startTracedStage } from "./traced-stage.ts";

const MOST_PASSED = 25;
const GUIDE = "docs/architecture.md";
const PATIENCE_MS = 60_000;

const { values: options } = parseArgs({ options: { tree: { type: "boolean", default: false } } });

const path = await pathOfOneMessage();
const passed = path.files.filter(({ isPassed }) => isPassed);
const missing = undocumented(
  passed.map(({ file }) => file),
  await readFile(join(root, GUIDE), "utf8"),
);
report();
if (passed.length > MOST_PASSED || missing.length > 0) process.exitCode = 1;

async function pathOfOneMessage(): Promise<MessagePath> {
  await using stage = await startTracedStage("herald");
  const { world } = stage.discord;
  const guild = world.createGuild("Home");
  const user = world.createUser({ username: "mia", globalName: "Mia" });
  world.join(guild.id, user.id);

  const channels = ["c0", "c1"].map((name) => world.createChannel(guild.id, name).id);
  const ask = async (channel: string | undefined, answer: string) => {
    if (channel === undefined) throw new Error("there is no such channel");
    await until(() => stage.isAtRest());
    // One piece, so that the answer is posted whole.
    const text = `[[say ${answer}]] [[chunks 1]]`;
    const { id } = world.say(channel, user.id, text);
    const threads = () => world.channels(guild.id).map((thread) => thread.id);
    await until(() => threads().includes(id) && world.messages(id).some(({ content }) => content === answer));
    return { id, text, answer };
  };
  // What is loaded with the first message is not the second one's way.
  await ask(channels[0], "warm");
  const message = await ask(channels[1], "measured");
  return followMessage(await stage.traces(), message);
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error("the message is not answered");
    await delay(10);
  }
}

function report(): void {
  if (options.tree) {
    console.log("What hands the message on to what, and the borders that it crosses there:\n");
    printTree(treeOf(path.crossings), "  ");
    console.log();
  }
  console.log(`One Discord message passes ${passed.length} files (at most ${MOST_PASSED}):\n`);
  printFiles(passed);
  const lookedUp = path.files.filter(({ isLookedUp }) => isLookedUp);
  console.log(`\nWritten down and looked up on the way, ${lookedUp.length} files:\n`);
  printFiles(lookedUp);
  const asked = path.files.filter(({ isPassed, isLookedUp }) => !isPassed && !isLookedUp);
  console.log(`\nAsked on the way, ${asked.length} files:\n`);
  printFiles(asked);
  const callers = path.files.filter(({ callsOthers }) => callsOthers);
  console.log("\nBy other measures:");
  console.log(`  ${path.files.length} files have a function that was called, ${outsideOfShared(path.files)}`);
  console.log(`  ${callers.length} files have one that called another file, ${outsideOfShared(callers)}`);
  if (missing.length > 0)
    console.log(`\n${GUIDE} does not name ${missing.length} of those that are passed:\n`);
  for (const file of missing) console.log(`  ${file}`);
}

function printFiles(files: readonly PathFile[]): void {
  for (const { file, functions } of files) {
    const count = `${functions.length} function${functions.length === 1 ? "" : "s"}`;
    console.log(`  ${file}, ${count}`);
  }
}

function outsideOfShared(files: readonly PathFile[]): string {
  return `${files.filter(({ file }) => !file.startsWith("shared/")).length} of them outside of shared/`;
}

/** A file and those that it has called, as far as the message has crossed a border in them. */
interface Branch {
  borders: Set<string>;
  next: Map<string, Branch>;
}

function treeOf(crossings: readonly Crossing[]): Branch {
  const tree: Branch = { borders: new Set(), next: new Map() };
  for (const { border, files } of crossings) {
    let branch = tree;
    for (const file of files) {
      const next = branch.next.get(file) ?? { borders: new Set(), next: new Map() };
      branch.next.set(file, next);
      branch = next;
    }
    branch.borders.add(border);
  }
  return tree;
}

function printTree({ next }: Branch, indent: string): void {
  for (const [file, branch] of next) {
    console.log(`${indent}${[file, ...branch.borders].join(" ")}`);
    printTree(branch, `${indent}  `);
  }
}
