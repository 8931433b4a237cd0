import { describe, expect, it } from "vitest";
import { DiscordError } from "../../../shared/discord/errors.ts";
import { type Asked, WAYS, type Way, waysAround } from "../../../shared/discord/other-ways.ts";
import { refusalError } from "../../../shared/discord/refusal.ts";

const refused = (code: number, status: number, fields: string[] = []) =>
  refusalError({ status, code, message: "No.", fields }, { method: "POST", route: "/channels/:id/messages" });

const WITH_ALL = { reply: true, file: true };

describe("what Discord does not take", () => {
  it.each<[string, Asked, DiscordError, readonly Way[]]>([
    ["a reply without history", "create", refused(160_002, 403), ["without-reply"]],
    ["a reference that is none", "create", refused(50_035, 400, ["message_reference"]), ["without-reply"]],
    ["what AutoMod blocks", "edit", refused(200_000, 400), ["held-back", "in-channel"]],
    ["links that are harmful", "create", refused(240_000, 400), ["held-back", "in-channel"]],
    ["a file that is of no use", "create", refused(50_035, 400, ["attachments.0"]), ["without-file"]],
    ["a channel that is gone", "create", refused(10_003, 404), ["new-thread", "in-channel", "in-dm"]],
    ["a locked thread", "create", refused(160_005, 403), ["new-thread", "in-channel"]],
    ["a missing permission", "create", refused(50_013, 403), ["without-file", "in-channel"]],
    ["an edit that is not allowed", "edit", refused(50_001, 403), ["without-file", "in-channel", "anew"]],
    ["one edit too many", "edit", refused(30_046, 400), ["without-file", "anew"]],
    ["a thread's name", "thread", refused(200_001, 400), ["plain-name", "in-channel"]],
    ["a thread", "thread", refused(50_013, 403), ["in-channel"]],
    ["a token", "create", refused(0, 401), []],
  ])("%s has its ways", (_, asked, error, ways) => {
    expect(waysAround(asked, error, WITH_ALL)).toEqual(ways);
  });

  it("without a file or a reply has none to leave out", () => {
    for (const { asked, codes = [50_013], status = 400 } of WAYS)
      for (const each of asked)
        for (const code of codes) {
          const ways = waysAround(each, refused(code, status), {});
          expect(ways.filter((way) => way === "without-file" || way === "without-reply")).toEqual([]);
        }
  });

  it("is no refusal where it may pass: the same is tried again", () => {
    const asked = { method: "POST", route: "/channels/:id/messages" };
    for (const code of ["rate_limited", "unavailable", "blocked"] as const)
      expect(
        waysAround("create", new DiscordError(code, "later", { ...asked, status: 403 }), WITH_ALL),
      ).toEqual([]);
  });
});
