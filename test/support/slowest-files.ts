/** A reporter that ends a run with the ten files that took longest, so that none grows slow unseen. */
import { relative } from "node:path";
import type { Reporter, TestModule } from "vitest/node";

const SHOWN = 10;

export default class SlowestFiles implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    if (modules.length <= SHOWN) return;
    const files = modules
      .map((module) => ({ name: nameOf(module), ms: durationOf(module) }))
      .sort((a, b) => b.ms - a.ms)
      .slice(0, SHOWN);
    const lines = files.map(({ name, ms }) => `${(ms / 1_000).toFixed(1).padStart(8)} s  ${name}`);
    process.stdout.write(`\nThe slowest files:\n${lines.join("\n")}\n`);
  }
}

function nameOf({ moduleId, project }: TestModule): string {
  return relative(project.config.root, moduleId);
}

/** All that a file has its worker do: what it shares with others, such as a runtime's start, is not among it. */
function durationOf(module: TestModule): number {
  const { setupDuration, collectDuration, duration } = module.diagnostic();
  return setupDuration + collectDuration + duration;
}
