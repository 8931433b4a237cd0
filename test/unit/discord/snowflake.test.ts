import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareSnowflakes,
  newestSnowflake,
  snowflakeAt,
  snowflakeTime,
} from "../../../shared/discord/snowflake.ts";

describe("a snowflake", () => {
  it("tells when it was made, as in Discord's own example", () => {
    expect(snowflakeTime("175928847299117063")).toBe(Date.parse("2016-04-30T11:18:25.796Z"));
  });

  it("of a time is the smallest that can be made then", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_420_070_400_000, max: 4_000_000_000_000 }), (time) => {
        const id = snowflakeAt(time);
        expect(snowflakeTime(id)).toBe(time);
        if (id !== "0") expect(snowflakeTime(String(BigInt(id) - 1n))).toBe(time - 1);
      }),
    );
    expect(snowflakeAt(0)).toBe("0");
  });

  it("is younger than one with fewer digits, whatever those are", () => {
    expect(["1000", "999", "99999999999999999999", "1000"].toSorted(compareSnowflakes)).toEqual([
      "999",
      "1000",
      "1000",
      "99999999999999999999",
    ]);
    expect(newestSnowflake("999", null, "1000", undefined)).toBe("1000");
    expect(newestSnowflake()).toBe("0");
  });
});
