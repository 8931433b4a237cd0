/** What `rig start` is told. */
import { parseArgs } from "node:util";
import * as z from "zod";

const optionsSchema = z.object({
  port: z.coerce.number().int().min(0).max(65_535),
  json: z.boolean(),
  help: z.boolean(),
});

export type StartOptions = z.infer<typeof optionsSchema>;

/** @param argv what follows `rig start`. @returns nothing for a wrong call. */
export function readStartOptions(argv: readonly string[]): StartOptions | undefined {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        port: { type: "string", default: process.env.PORT || "8787" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    return optionsSchema.parse(values);
  } catch {
    return undefined;
  }
}
