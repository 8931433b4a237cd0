import type { RunningAgent } from "./agents.ts";

/** What a person wants to know about a run that is ready. */
export interface Ready {
  url: string;
  /** Signs a browser in, once. */
  login: string;
  stateDirectory: string;
  pid: number;
  /** From the start of the process. */
  startupMs: number;
  agents: RunningAgent[];
}

/** The text that `rig start` prints when it is ready. */
export function renderReady({ url, login, startupMs, agents }: Ready): string {
  const width = Math.max(...agents.map(({ id }) => id.length));
  const lines = agents.flatMap(({ id, provider }) => [
    `  ${id.padEnd(width)}  ${provider.ready ? provider.model : `no model (${provider.name} is not ready)`}`,
    ...(provider.note === null ? [] : [`  ${" ".repeat(width)}  ${provider.note}`]),
  ]);
  return `
rig-edge runs at ${url} (after ${(startupMs / 1000).toFixed(1)} s). Open:

  ${login}

The link works once and for an hour; npx rig login-link prints another.

${lines.join("\n")}

Edit agents/, workers/ or public/ and it reloads. Ctrl-C stops it.

`;
}
