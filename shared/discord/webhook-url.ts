import { DISCORD_API } from "./rest.ts";

/** A webhook's parts. The token is a secret: whoever has it can post. */
export interface WebhookAddress {
  /** The API that it is a part of. */
  baseUrl: string;
  id: string;
  token: string;
}

/**
 * Reads a webhook's URL as Discord shows it, `https://discord.com/api/webhooks/<id>/<token>`. A webhook of Discord's own is
 * reached through `apiBase`, because the URL names no version of the API; any other through the address it has.
 *
 * @returns `undefined` for anything else.
 */
export function readWebhookUrl(text: string, apiBase = DISCORD_API): WebhookAddress | undefined {
  const url = URL.parse(text.trim());
  const [, base, id, token] = /^(.*)\/webhooks\/(\d{15,21})\/([\w-]+)\/?$/.exec(url?.pathname ?? "") ?? [];
  if (!url || base === undefined || id === undefined || token === undefined) return undefined;
  const isDiscord = /(^|\.)discord(app)?\.com$/.test(url.hostname);
  const baseUrl = isDiscord ? apiBase : url.origin + base;
  return { baseUrl: baseUrl.replace(/\/+$/, ""), id, token };
}
