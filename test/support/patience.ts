/** How long tests wait for a condition: vitest's own second is too short where two files share a busy machine. */
import { vi } from "vitest";

const PATIENCE_MS = 10_000;

const { waitFor } = vi;
vi.waitFor = (condition, options) =>
  waitFor(condition, typeof options === "number" ? options : { timeout: PATIENCE_MS, ...options });
