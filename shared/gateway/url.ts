/** Addresses of Discord's Gateway. */

/** Whether a text can be connected to at all. */
export function isGatewayUrl(text: string): boolean {
  return /^wss?:\/\//.test(text) && URL.canParse(text);
}

/** Adds API version and encoding (Discord, "Gateway URL Query String Params"). */
export function connectUrl(gateway: string): string {
  const url = new URL(gateway);
  url.searchParams.set("v", "10");
  url.searchParams.set("encoding", "json");
  return url.href;
}

/**
 * Whether a resume URL belongs to who runs the Gateway: the same host, or the same domain (`gateway.discord.gg`,
 * `gateway-us-east1-b.discord.gg`), over a connection that is as safe. The bot token is sent there, and a resume URL has
 * been in other hands than Discord's.
 */
export function isSameGateway(resumeUrl: string, gateway: string): boolean {
  if (!isGatewayUrl(resumeUrl) || !isGatewayUrl(gateway)) return false;
  const resume = new URL(resumeUrl);
  const known = new URL(gateway);
  if (resume.protocol !== known.protocol) return false;
  return resume.hostname === known.hostname || domain(resume.hostname) === domain(known.hostname);
}

function domain(hostname: string): string {
  const isAddress = /^[\d.]+$|^\[/.test(hostname);
  return isAddress ? hostname : hostname.split(".").slice(-2).join(".");
}
