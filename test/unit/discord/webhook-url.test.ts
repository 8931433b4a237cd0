import { describe, expect, it } from "vitest";
import { readWebhookUrl } from "../../../shared/discord/webhook-url.ts";

const id = "1088510058284990888";

describe("the URL of a webhook", () => {
  it.each([
    [`https://discord.com/api/webhooks/${id}/to-k_en`, "https://discord.com/api/v10"],
    [` https://ptb.discord.com/api/v9/webhooks/${id}/to-k_en/?wait=true\n`, "https://discord.com/api/v10"],
    [`https://discordapp.com/api/webhooks/${id}/to-k_en`, "https://discord.com/api/v10"],
    [`http://127.0.0.1:9/api/v10/webhooks/${id}/to-k_en`, "http://127.0.0.1:9/api/v10"],
    [`https://notdiscord.com/api/webhooks/${id}/to-k_en`, "https://notdiscord.com/api"],
  ])("%s is read", (text, baseUrl) => {
    expect(readWebhookUrl(text)).toEqual({ baseUrl, id, token: "to-k_en" });
  });

  it("of Discord's own is reached where the API is said to be", () => {
    const url = `https://discord.com/api/webhooks/${id}/x`;
    expect(readWebhookUrl(url, "http://127.0.0.1:9/api/v10/")?.baseUrl).toBe("http://127.0.0.1:9/api/v10");
  });

  it.each(["", "hunter2", "https://discord.com/api/webhooks/1/x", `https://discord.com/api/webhooks/${id}`])(
    "%j is none",
    (text) => {
      expect(readWebhookUrl(text)).toBeUndefined();
    },
  );
});
