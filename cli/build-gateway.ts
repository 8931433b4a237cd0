/** Bundles the gateway into dist/gateway/main.js: one file that needs nothing but Node. `npm run build` does it, and its image. */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

await build({
  entryPoints: [fileURLToPath(new URL("../gateway/main.ts", import.meta.url))],
  outdir: fileURLToPath(new URL("../dist/gateway/", import.meta.url)),
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node24",
  logLevel: "warning",
});
