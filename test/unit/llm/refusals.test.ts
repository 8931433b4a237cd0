import { describe, expect, it } from "vitest";
import { Refusals } from "../../../shared/llm/refusals.ts";
import { failure } from "./call.ts";

const patterns = { temperature: /temperature/, limit: /max_tokens/ };
const refusal = (parameter: string) =>
  Object.assign(new Error(`400 ${parameter} is not supported`), { status: 400 });

describe("Refusals", () => {
  it("leaves out one refused parameter after the other, and remembers them", async () => {
    const refusals = new Refusals(patterns);
    const requests: string[][] = [];
    const send = async (leftOut: ReadonlySet<string>) => {
      requests.push([...leftOut]);
      if (!leftOut.has("temperature")) throw refusal("temperature");
      if (!leftOut.has("limit")) throw refusal("max_tokens");
      return "ok";
    };
    expect(await refusals.send(send)).toBe("ok");
    expect(await refusals.send(send)).toBe("ok");
    expect(requests).toEqual([[], ["temperature"], ["temperature", "limit"], ["temperature", "limit"]]);
  });

  it("gives up when the API still refuses what was left out", async () => {
    let requests = 0;
    const error = await failure(
      new Refusals(patterns).send(async () => {
        requests++;
        throw refusal("temperature");
      }),
    );
    expect(error).toMatchObject({ status: 400 });
    expect(requests).toBe(2);
  });

  it("serves two calls that find out at the same time", async () => {
    const refusals = new Refusals(patterns);
    const send = async (leftOut: ReadonlySet<string>) => {
      await Promise.resolve();
      if (!leftOut.has("temperature")) throw refusal("temperature");
      return "ok";
    };
    expect(await Promise.all([refusals.send(send), refusals.send(send)])).toEqual(["ok", "ok"]);
  });

  it("passes on every other failure at once", async () => {
    for (const other of [
      refusal("colour"),
      Object.assign(new Error("temperature"), { status: 500 }),
      new Error("?"),
    ]) {
      let requests = 0;
      const error = await failure(
        new Refusals(patterns).send(async () => {
          requests++;
          throw other;
        }),
      );
      expect(error).toBe(other);
      expect(requests).toBe(1);
    }
  });
});
