/** A way to break the code, and who must notice. */
export interface Mutation {
  /** What is broken, in a few words. */
  name: string;
  file: string;
  /** Text that is in the file exactly once. */
  text: string;
  replacement: string;
  /** A project of vitest.config.ts. */
  project: "unit" | "workers";
  /** The tests of which at least one must fail. */
  tests: readonly string[];
}

const session = "durable-objects/channel-session";

/** Broken promises in the code that guards them. Each has survived its tests once, or guards what no other line does. */
export const mutations: readonly Mutation[] = [
  {
    name: "a turn that is taken up keeps its generation",
    file: `${session}/engine/transitions.ts`,
    text: "FENCING.has(event.happened) ? 1 : 0",
    replacement: "0",
    project: "workers",
    tests: ["test/workers/two-instances.test.ts"],
  },
  {
    name: "the generation of who writes is not compared",
    file: `${session}/engine/store.ts`,
    text: " || row.generation !== turn.generation)",
    replacement: ")",
    project: "workers",
    tests: ["test/workers/two-instances.test.ts"],
  },
  {
    name: "a failed turn leaves calls open",
    file: `${session}/engine/store.ts`,
    text: `      for (const step of closeUnmade(this.steps(turn.id), now)) this.sql.step.write().run(step);
      this.#move(row, { happened: "failed"`,
    replacement: `      this.#move(row, { happened: "failed"`,
    project: "workers",
    tests: ["test/workers/approval.test.ts"],
  },
  {
    name: "a call is forgotten before the hub has heard of it",
    file: `${session}/parts/spending/spending.ts`,
    text: "        await callHub(this.#env, this.#address.agent, (hub) => hub.settle(finished));\n",
    replacement:
      "        this.#store.forget(reports);\n        await callHub(this.#env, this.#address.agent, (hub) => hub.settle(finished));\n",
    project: "workers",
    tests: ["test/workers/watchdog.test.ts"],
  },
  {
    name: "the record of a post goes with any error",
    file: `${session}/surfaces/discord/poster.ts`,
    text: "if (error instanceof DiscordError && isFinal(error)) posts.remove(turnId, part);",
    replacement: "posts.remove(turnId, part);",
    project: "workers",
    tests: ["test/workers/posts.test.ts"],
  },
  {
    name: "an edit is not noted before it is made",
    file: `${session}/surfaces/discord/poster.ts`,
    text: "    posts.beginEdit(turnId, part, shown);\n",
    replacement: "",
    project: "workers",
    tests: ["test/workers/posts.test.ts"],
  },
  {
    name: "another part's message is taken for the lost one",
    file: `${session}/surfaces/discord/channel-venue.ts`,
    text: " && !posts.has(id)",
    replacement: "",
    project: "workers",
    tests: ["test/workers/posts.test.ts"],
  },
  {
    name: "somebody else's message is taken for the lost one",
    file: `${session}/surfaces/discord/channel-venue.ts`,
    text: "same.find(({ author }) => author.id === self.id)",
    replacement: "same[0]",
    project: "workers",
    tests: ["test/workers/posts.test.ts"],
  },
  {
    name: "an old instance takes its turn back",
    file: `${session}/turn-worker.ts`,
    text: "generation !== turn.generation) {",
    replacement: "false) {",
    project: "workers",
    tests: ["test/workers/two-instances.test.ts"],
  },
  {
    name: "the alarm stands far ahead of a turn that is worked on",
    file: `${session}/watchdog.ts`,
    text: "const WATCH_MS = 2_000;",
    replacement: "const WATCH_MS = 30_000;",
    project: "workers",
    tests: ["test/workers/watchdog.test.ts"],
  },
  {
    name: "a turn keeps the pause of what was left to do before it",
    file: `${session}/turn-worker.ts`,
    text: `    this.#jobs.scheduleBy("watchdog", Date.now() + watchAfter(this.#interruptionsOf(turn)));`,
    replacement: `    this.#jobs.scheduleOnce("watchdog", Date.now() + watchAfter(this.#interruptionsOf(turn)));`,
    project: "workers",
    tests: ["test/workers/watchdog.test.ts"],
  },
  {
    name: "a turn that breaks is tried again at the watchdog's pace",
    file: `${session}/turn-worker.ts`,
    text: "tryAgainAfter(this.#interruptionsOf(turn))",
    replacement: "watchAfter(0)",
    project: "workers",
    tests: ["test/workers/watchdog.test.ts"],
  },
  {
    name: "the watchdog never rests",
    file: `${session}/turn-worker.ts`,
    text: `if (pause === undefined) this.#jobs.unschedule("watchdog");
      else this.#jobs.putOff("watchdog", now + pause);`,
    replacement: `this.#jobs.putOff("watchdog", now + (pause ?? 30_000));`,
    project: "workers",
    tests: ["test/workers/watchdog.test.ts"],
  },
  {
    name: "an alarm that an earlier instance has set is trusted",
    file: `${session}/parts/jobs/job-table.ts`,
    text: "this.#alarmAt === undefined || ",
    replacement: "",
    project: "workers",
    tests: ["test/workers/watchdog.test.ts"],
  },
  {
    name: "pauses do not grow by what has waited",
    file: `${session}/watchdog.ts`,
    text: "Math.max(waited, MIN_PAUSE_MS)",
    replacement: "MIN_PAUSE_MS",
    project: "unit",
    tests: ["test/unit/session/watchdog.test.ts"],
  },
  {
    name: "the longest secret is not taken out first",
    file: "shared/tools/redact.ts",
    text: "  forms.sort((a, b) => b.length - a.length);\n",
    replacement: "",
    project: "unit",
    tests: ["test/unit/tools/redact.test.ts"],
  },
];
