import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds wrangler.toml, agents/ and everything else. */
export const projectRoot = fileURLToPath(new URL("..", import.meta.url));

/**
 * Environment of a process that loads wrangler. Reading its JavaScript (15 MB) is most of the wait for it; kept compiled,
 * it takes half of the time.
 */
export const compileCache = {
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(projectRoot, "node_modules/.cache/rig"),
};
