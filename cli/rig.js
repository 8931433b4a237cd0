#!/usr/bin/env node
/**
 * The `rig` command. Plain JavaScript, because it is the one file that whatever Node a machine has must be able to
 * read: everything behind it is TypeScript, which Node 24 runs as it is. An older Node starts the Node 24 that
 * `npm install` brought along, and stands between it and the terminal.
 */
import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { distance } from "fastest-levenshtein";

const NODE_MAJOR = 24;

/** Each command's module is loaded when it is asked for, and its run answers with an exit code. */
const commands = {
  start: {
    summary: "run everything here, no account needed: http://127.0.0.1:8787",
    run: async (argv) => (await import("./start.ts")).runStart(argv),
  },
  check: {
    summary: "read every agents/*/character.json and say what is wrong",
    run: async (argv) => (await import("./check.ts")).runCheck(argv),
  },
  migrate: {
    summary: "turn a values file of rig-agent-runtime or agent-broker into agents",
    run: async (argv) => (await import("./migrate.ts")).runMigrate(argv),
  },
  schema: {
    summary: "write agents/character.schema.json, for editors",
    run: async () => {
      const { renderSchema, schemaFile } = await import("./schema.ts");
      writeFileSync(schemaFile, renderSchema());
      return 0;
    },
  },
  deploy: {
    summary: "put it on Cloudflare: database, secrets, Worker",
    run: async (argv) => (await import("./deploy.ts")).runDeploy(argv),
  },
  run: {
    summary: "run a job of an agent now, or ask it something, and print the answer",
    run: async (argv) => (await import("./run.ts")).runAgent(argv),
  },
  "login-link": {
    summary: "print a URL that signs a browser in, once",
    run: async (argv) => (await import("./login-link.ts")).runLoginLink(argv),
  },
  commands: {
    summary: "commands sync: register an agent's slash and menu commands with Discord",
    run: async (argv) => (await import("./commands.ts")).runCommands(argv),
  },
  doctor: {
    summary: "look at an agent's Discord application, and say what to do about each finding",
    run: async (argv) => (await import("./doctor.ts")).runDoctor(argv),
  },
  conductor: {
    summary: "conductor rebuild: make the coordinator's tables anew from its events",
    run: async (argv) => (await import("./conductor.ts")).runConductor(argv),
  },
};

stopWithNpm();
if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR) runUnderNewerNode();
else process.exitCode = await dispatch(process.argv.slice(2));

async function dispatch([name, ...argv]) {
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    process.stdout.write(help());
    return 0;
  }
  if (name === "version" || name === "--version" || name === "-v") {
    const { default: manifest } = await import("../package.json", { with: { type: "json" } });
    process.stdout.write(`${manifest.version}\n`);
    return 0;
  }
  if (Object.hasOwn(commands, name)) return commands[name].run(argv);
  process.stderr.write(`rig: unknown command "${name}"${suggestion(name)}\n\n${help()}`);
  return 2;
}

function help() {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `Usage: rig <command> [options]\n\n${lines.join("\n")}\n\nrig <command> --help tells a command's options.\n`;
}

function suggestion(name) {
  const [nearest] = Object.keys(commands).sort((a, b) => distance(name, a) - distance(name, b));
  return distance(name, nearest) <= 3 ? `; did you mean "${nearest}"?` : "";
}

/** The IPC channel carries no message: its end tells the child that this process was killed. */
function runUnderNewerNode() {
  const node = fileURLToPath(new URL("../node_modules/.bin/node", import.meta.url));
  if (!existsSync(node)) {
    process.stderr.write(
      `rig needs Node ${NODE_MAJOR} (this is ${process.version}): run npm install, which brings it.\n`,
    );
    process.exitCode = 1;
    return;
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    for (const handled of signals) process.removeAllListeners(handled);
    process.kill(process.pid, signal);
  });
}

/**
 * npm hands a signal to the shell between itself and this process, and the shell dies of it alone. So a process that
 * npm started takes the loss of its parent for the signal.
 */
function stopWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, "SIGTERM");
  }, 250);
  watch.unref();
}
