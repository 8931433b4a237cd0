/** The gateway pod: `node gateway/main.ts`, configured by its environment. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { readConfig } from "./config.ts";
import { runGateway } from "./host.ts";

const reading = readConfig(process.env, `${hostname()}-${randomBytes(4).toString("hex")}`);
if ("problems" in reading) {
  for (const problem of reading.problems) console.error(problem);
  process.exit(2);
}

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop.abort());

await runGateway(reading.config, stop.signal);
// Sockets whose other end is gone would keep the process for minutes.
process.exit(0);
