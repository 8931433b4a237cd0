/** The doors through which another process drives the fake (see `remote.ts`). */
import { Hono } from "hono";
import * as z from "zod";
import { Faults } from "./faults.ts";
import type { Report } from "./remote.ts";
import type { RestEnv } from "./rest/context.ts";
import { World } from "./world.ts";
import { WorldInteractions } from "./world-interactions.ts";
import { WorldView } from "./world-view.ts";

interface ControlOptions {
  world: World;
  faults: Faults;
  report: () => Report;
  forget: () => void;
}

const callSchema = z.object({
  target: z.enum(["world", "faults"]),
  method: z.string(),
  args: z.array(z.unknown()),
});
const methods = {
  world: methodNames(World.prototype, WorldInteractions.prototype, WorldView.prototype),
  faults: methodNames(Faults.prototype),
};

export function controlRoutes({ world, faults, report, forget }: ControlOptions): Hono<RestEnv> {
  return new Hono<RestEnv>()
    .get("/__report", (c) => c.json(report()))
    .post("/__forget", (c) => {
      forget();
      return c.body(null, 204);
    })
    .post("/__call", async (c) => {
      const call = callSchema.safeParse(await c.req.json());
      if (!call.success) return c.json({ error: z.prettifyError(call.error) }, 400);
      const { target, method, args } = call.data;
      if (!methods[target].has(method)) return c.json({ error: "there is no such method" }, 404);
      const object: object = target === "world" ? world : faults;
      try {
        const result: unknown = await Reflect.apply(Reflect.get(object, method), object, args);
        return c.json({ result });
      } catch (error) {
        return c.json({ error: error instanceof Error ? error.message : String(error) }, 400);
      }
    });
}

function methodNames(...prototypes: object[]): ReadonlySet<string> {
  const names = prototypes.flatMap((prototype) => Object.getOwnPropertyNames(prototype));
  return new Set(names.filter((name) => name !== "constructor"));
}
