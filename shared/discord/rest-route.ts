/** How Discord tells requests apart when it counts them. */
export interface Route {
  /** Method and path without ids and tokens: safe to log. */
  template: string;
  /** The path alone, as in {@link template}. */
  path: string;
  /** The id that has a rate limit of its own: channel, guild, or webhook with its token. Never logged. */
  major: string;
  /** The path carries a token of its own (an interaction's, a webhook's), so the bot's stays at home. */
  hasOwnToken: boolean;
}

/**
 * Reads what decides about rate limits off a request.
 *
 * @param path under the API's base; a query is left out.
 * @see https://docs.discord.com/developers/topics/rate-limits
 */
export function routeOf(method: string, path: string): Route {
  const [bare = ""] = path.split("?");
  const segments = bare.split("/").slice(1);
  const [resource, id = "", third] = segments;
  const hasOwnToken = third !== undefined && (resource === "webhooks" || resource === "interactions");
  const shown = segments.map((segment, at) => {
    if (hasOwnToken && at === 2) return ":token";
    if (segments[at - 1] === "reactions") return ":emoji";
    return /^\d+$/.test(segment) ? ":id" : segment;
  });
  const template = `/${shown.join("/")}`;
  const hasMajor = resource === "channels" || resource === "guilds" || resource === "webhooks";
  const major = hasOwnToken ? `${id}/${third}` : hasMajor ? id : "";
  return { template: `${method} ${template}`, path: template, major, hasOwnToken };
}
