/**
 * Models differ in which request parameters they take, and a `character.json` names any model. A parameter that the API
 * refuses by name is left out from then on.
 */
import * as z from "zod";

const badRequest = z.object({ status: z.literal(400), message: z.string() });

/** Remembers which of a few optional parameters an API has refused, for one provider instance. */
export class Refusals<Parameter extends string> {
  readonly #patterns: Readonly<Record<Parameter, RegExp>>;
  readonly #refused: Set<Parameter>;

  /**
   * @param patterns what a 400 says when it is about that parameter.
   * @param known parameters that need not be tried.
   */
  constructor(patterns: Readonly<Record<Parameter, RegExp>>, known: readonly Parameter[] = []) {
    this.#patterns = patterns;
    this.#refused = new Set(known);
  }

  /**
   * Calls `send` with the parameters to leave out, and once more for each parameter it newly finds refused.
   *
   * @throws what `send` throws for any other reason.
   */
  async send<T>(send: (refused: ReadonlySet<Parameter>) => Promise<T>): Promise<T> {
    for (;;) {
      const leftOut = new Set(this.#refused);
      try {
        return await send(leftOut);
      } catch (error) {
        const refused = this.#namedBy(error);
        // Compared with what this request left out: another call may have learned the same in the meantime.
        if (refused === undefined || leftOut.has(refused)) throw error;
        this.#refused.add(refused);
      }
    }
  }

  #namedBy(error: unknown): Parameter | undefined {
    const { data } = badRequest.safeParse(error);
    if (data === undefined) return undefined;
    for (const parameter in this.#patterns)
      if (this.#patterns[parameter].test(data.message)) return parameter;
    return undefined;
  }
}
