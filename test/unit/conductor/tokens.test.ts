import { describe, expect, it } from "vitest";
import { allTokens, coordinatorToken, isOpen, tokenFor } from "../../../shared/conductor/tokens.ts";

const env = {
  CONDUCTOR_TOKEN: "shared",
  DEV_E__CONDUCTOR_TOKEN: "dev",
  DEV_E_NODE__CONDUCTOR_TOKEN: "node",
  CONDUCTOR_E__CONDUCTOR_TOKEN: "conductor",
  REVIEW_E__CONDUCTOR_TOKEN: "",
  DB: { CONDUCTOR_TOKEN: "no text" },
};

describe("a token", () => {
  it.each([
    ["dev-e", "dev"],
    ["dev-e-1", "dev"],
    ["dev-e-node", "node"],
    ["dev-e-node-0", "node"],
    ["dev", "shared"],
    ["dev-extra", "shared"],
    ["review-e", "shared"],
    ["constructor", "shared"],
  ])("for %s is %s", (agentId, expected) => {
    expect(tokenFor(env, agentId)).toBe(expected);
  });

  it("is none where none is set", () => {
    expect(tokenFor({}, "dev-e")).toBeUndefined();
    expect(allTokens({ DB: {} })).toEqual([]);
  });

  it("opens the door, if it is text", () => {
    expect(allTokens(env).sort()).toEqual(["conductor", "dev", "node", "shared"]);
  });

  it("makes a coordinator only of the agent whose own it is", () => {
    expect(coordinatorToken(env)).toBe("conductor");
    expect(coordinatorToken({ ...env, CONDUCTOR_COORDINATOR: "dev-e" })).toBe("dev");
    expect(coordinatorToken({ CONDUCTOR_TOKEN: "shared" })).toBeUndefined();
  });

  it("is needed unless the setting says exactly that it is not", () => {
    expect([{}, { CONDUCTOR_OPEN: "1" }, { CONDUCTOR_OPEN: "" }].map(isOpen)).toEqual([false, false, false]);
    expect(isOpen({ CONDUCTOR_OPEN: "true" })).toBe(true);
  });
});
