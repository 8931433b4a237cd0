/**
 * `npm run build`: bundles the playground from public/ into dist/public/, the directory the Worker serves, and the gateway
 * into dist/gateway/main.js, which starts faster and needs less memory than its sources.
 * Silent when it worked; esbuild prints what did not.
 */
import { cp, mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const source = fileURLToPath(new URL("../public/", import.meta.url));
const target = fileURLToPath(new URL("../dist/public/", import.meta.url));
const staticFiles = ["index.html", "login.html", "icon.svg"];

await mkdir(target, { recursive: true });
await Promise.all([
  build({
    entryPoints: ["playground.ts", "login.ts", "style.css"].map((file) => `${source}${file}`),
    outdir: target,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    // light-dark() in the style sheets must reach the browser as it is written.
    target: ["es2022", "chrome123", "firefox120", "safari17.5"],
    logLevel: "warning",
  }),
  import("./build-gateway.ts"),
  ...staticFiles.map((file) => cp(`${source}${file}`, `${target}${file}`)),
]);
