/**
 * Which room may import which: the direction of the house, as a table. A room may always import itself; what is not listed is refused.
 * `npm run check:rooms` holds every import of every file against it, types and dynamic imports too.
 */

/** A module that is no file of this project. `npm types` are gone when the code runs. */
export type ForeignModule = "npm" | "npm types" | "node" | "cloudflare";

/** A set of files that may import the same. */
export interface Room {
  name: string;
  /** Globs of its files, from the root. A file is in the first room of the table that has it. */
  files: readonly string[];
  /** What it is, and why it imports no more: said to whoever tries. */
  why: string;
  /** Names of rooms; "*" is all. */
  imports: readonly string[];
  /** Names of rooms of which only types are imported. */
  importsTypesOf?: readonly string[];
  /** Files of those rooms of which values are imported too: constants, in a file that imports nothing when it runs. */
  importsValuesOf?: readonly string[];
  modules: readonly ForeignModule[];
  /** What must not occur in the path of anything it imports, listed or not. */
  never?: RegExp;
}

const objects = "durable-objects";
const session = `${objects}/channel-session`;

/** What every object's room may import: the neighbours' contracts and how to call them, never their classes or what is behind them. */
const neighbours = [
  "shared",
  "d1",
  `${objects}/contracts`,
  `${objects}/env`,
  `${objects}/agent`,
  `${objects}/clients`,
  objects,
];

const workerd: readonly ForeignModule[] = ["npm", "cloudflare"];

/** An object that is a class with its own modules beside it. */
function objectRooms(name: string, ...more: string[]): Room[] {
  return [
    {
      name: `${objects}/${name}/class`,
      files: [`${objects}/${name}/${name}.ts`],
      why: `The class of ${name} imports its own modules, and its neighbours' contracts.`,
      imports: [`${objects}/${name}`, ...neighbours],
      modules: workerd,
    },
    {
      name: `${objects}/${name}`,
      files: [`${objects}/${name}/**`, ...more],
      why: "An object's modules import no other object's, and no object's class: they call it by its contract.",
      imports: neighbours,
      modules: workerd,
    },
  ];
}

/** A kind of place where answers show. */
function surfaceRoom(name: string, ...bases: string[]): Room {
  return {
    name: `${session}/surfaces/${name}`,
    files: [`${session}/surfaces/${name}/**`],
    why: "A surface knows what a turn shows (engine/turn-state.ts), not how it is worked on, and no other surface.",
    imports: [
      `${session}/engine/turn-state`,
      `${session}/surfaces`,
      ...bases.map((base) => `${session}/surfaces/${base}`),
      session,
      ...neighbours,
    ],
    modules: workerd,
  };
}

const sessionRooms: readonly Room[] = [
  {
    name: `${session}/class`,
    files: [`${session}/{channel-session,session-rooms,turn-worker}.ts`],
    why: "The shell puts engine, parts and surfaces together, and runs the engine's turns in them; nobody imports it.",
    imports: [
      `${session}/agent`,
      `${session}/engine`,
      `${session}/engine/turn-state`,
      `${session}/parts`,
      `${session}/surfaces`,
      ...["web", "discord", "discord-channel", "discord-interaction", "discord-webhook"].map(
        (surface) => `${session}/surfaces/${surface}`,
      ),
      session,
      ...neighbours,
    ],
    modules: workerd,
  },
  {
    name: `${session}/engine/turn-state`,
    files: [`${session}/engine/turn-state.ts`],
    why: "TurnState is plain data, all that a surface may show; of the engine it knows types.",
    imports: ["shared"],
    importsTypesOf: [`${session}/engine`],
    modules: ["npm"],
    never: /discord/i,
  },
  {
    name: `${session}/engine`,
    files: [`${session}/engine/**`],
    why: "The engine knows no part, no surface and no Discord.",
    imports: [`${session}/engine/turn-state`, session, ...neighbours],
    modules: workerd,
    never: /discord/i,
  },
  {
    name: `${session}/parts`,
    files: [`${session}/parts/**`],
    why: "A part follows the engine's turns; what shows of it is a surface's business.",
    imports: [`${session}/engine`, `${session}/engine/turn-state`, session, ...neighbours],
    modules: workerd,
  },
  {
    name: `${session}/agent`,
    files: [`${session}/agent/**`],
    why: "What an agent brings to a turn is loaded for the engine, by the engine's interface.",
    imports: [`${session}/engine`, `${session}/engine/turn-state`, session, ...neighbours],
    modules: workerd,
    never: /discord/i,
  },
  surfaceRoom("web"),
  surfaceRoom("discord"),
  surfaceRoom("discord-channel", "discord"),
  surfaceRoom("discord-interaction", "discord"),
  surfaceRoom("discord-webhook", "discord"),
  {
    name: `${session}/surfaces`,
    files: [`${session}/surfaces/*`],
    why: "What surfaces have in common knows none of them, and no engine.",
    imports: [`${session}/engine/turn-state`, session, ...neighbours],
    modules: workerd,
  },
  {
    name: session,
    files: [`${session}/*`, `${session}/migrations/**`],
    why: "What engine, parts and surfaces have in common (tables, database) knows none of them.",
    imports: neighbours,
    modules: workerd,
  },
];

/** The rooms, the most particular first. */
export const rooms: readonly Room[] = [
  {
    name: "configuration",
    files: ["*.config.ts", "**/drizzle.config.ts"],
    why: "Tools are configured with what tests and programs say.",
    imports: ["*"],
    modules: ["npm", "node"],
  },
  {
    name: "shared",
    files: ["shared/**"],
    why: "What is shared runs everywhere: plain TypeScript on the web platform.",
    imports: [],
    modules: ["npm"],
  },
  {
    name: "d1",
    files: ["d1/**"],
    why: "What agents share across conversations: tables and statements. Whoever calls them brings the database.",
    imports: ["shared"],
    modules: ["npm", "npm types"],
  },
  {
    name: "agents",
    files: ["agents/**"],
    why: "A character is data; agents/index.ts lists them.",
    imports: ["shared"],
    modules: [],
  },

  // The Worker: doors first, then what they lead to.
  {
    name: "workers/entry",
    files: ["workers/index.ts"],
    why: "The Worker's entry exports the objects' classes to Cloudflare.",
    imports: [
      "workers",
      ...["channel-session", "agent-hub", "gateway-link", "cron-schedule", "gateway-host", "runner-link"].map(
        (name) => `${objects}/${name}/class`,
      ),
      ...neighbours,
    ],
    modules: workerd,
  },
  {
    name: "workers",
    files: ["workers/**"],
    why: "A door knows objects by their contracts, never by their classes.",
    imports: [
      "agents",
      "shared",
      "d1",
      `${objects}/contracts`,
      `${objects}/env`,
      `${objects}/agent`,
      `${objects}/clients`,
    ],
    modules: workerd,
  },
  {
    name: `${objects}/contracts`,
    files: [`${objects}/contracts*`, `${objects}/contracts/**`],
    why: "Contracts are plain interfaces over plain data.",
    imports: ["shared"],
    modules: ["npm"],
  },
  {
    name: `${objects}/env`,
    files: [`${objects}/env.ts`],
    why: "The environment binds contracts, not classes.",
    imports: ["shared", `${objects}/contracts`],
    modules: ["npm"],
  },
  {
    name: `${objects}/agent`,
    files: [`${objects}/agent/**`],
    why: "It finds an agent, what people have chosen for it, and what doors do in its name, by the objects' contracts.",
    imports: ["agents", "shared", "d1", `${objects}/contracts`, `${objects}/env`, `${objects}/clients`],
    modules: workerd,
  },
  {
    name: `${objects}/clients`,
    files: [`${objects}/clients/**`],
    why: "How an object is called, by its contract.",
    imports: ["shared", `${objects}/contracts`, `${objects}/env`],
    modules: workerd,
  },
  ...objectRooms("agent-hub", `${objects}/assignments/**`),
  ...objectRooms("gateway-link"),
  ...objectRooms("gateway-host"),
  ...objectRooms("cron-schedule"),
  ...objectRooms("runner-link"),
  ...sessionRooms,
  {
    name: objects,
    files: [`${objects}/*`],
    why: "What several objects use knows none of them.",
    imports: ["shared", `${objects}/contracts`, `${objects}/env`, `${objects}/agent`, `${objects}/clients`],
    modules: workerd,
  },

  // Programs and pages.
  {
    name: "gateway",
    files: ["gateway/**"],
    why: "The gateway's image is one file without a dependency.",
    imports: ["shared"],
    modules: ["node", "npm types"],
  },
  {
    name: "runner",
    files: ["runner/**"],
    why: "A program of its own shares nothing but shared/.",
    imports: ["shared"],
    modules: ["node", "npm"],
  },
  {
    name: "console",
    files: ["public/**", "console/**"],
    // The limit of a message is the protocol's, and one number: a bundle takes it without the file that it stands in.
    why: "A page speaks to the Worker by the types of shared/ and the protocol's limits; code that it took from there would be loaded by every browser.",
    imports: [],
    importsTypesOf: ["shared"],
    importsValuesOf: ["shared/chat/protocol.ts"],
    modules: ["npm"],
  },
  {
    name: "cli",
    files: ["cli/**"],
    why: "The command reads characters and speaks to a Worker over HTTP; it has nothing of the Worker's inside.",
    imports: ["shared", "agents", "examples"],
    modules: ["npm", "node"],
  },
  {
    name: "charts",
    files: ["charts/**"],
    why: "The chart's README is made from the chart alone.",
    imports: [],
    modules: ["npm", "node"],
  },
  {
    name: "examples/demo",
    files: ["examples/*/demo/**"],
    why: "A demo plays an example, with the stand-ins that the tests have.",
    imports: ["examples", "shared", "cli", "agents", "test"],
    modules: ["npm", "node"],
  },
  {
    name: "examples",
    files: ["examples/**"],
    why: "An example is what a user could have written.",
    imports: ["shared"],
    modules: ["npm", "node"],
  },

  // What looks at all of it. Nothing else imports it.
  {
    name: "test",
    files: ["test/**"],
    why: "Tests look everywhere.",
    imports: ["*"],
    modules: ["npm", "node", "cloudflare"],
  },
  {
    name: "bench",
    files: ["bench/**"],
    why: "Benches look everywhere.",
    imports: ["*"],
    modules: ["npm", "node", "cloudflare"],
  },
];
