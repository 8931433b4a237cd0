/** `npm run bench`: every figure that the documentation claims, each with its baseline, one after the other. */
export {};

await import("./bundle.ts");
await import("./first-token.ts");
