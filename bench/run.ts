/**
 * `npm run bench`: what takes under three minutes together, one after the other: the bundle's size, what a cold start costs, and
 * the time to the first token. Every other bench of this folder is a script of its own.
 */
export {};

await import("./bundle.ts");
await import("./start.ts");
await import("./first-token.ts");
