/** The application over REST: what it is, where its interactions go, its commands. */
import type { APIApplicationCommand, RESTPatchCurrentApplicationJSONBody } from "discord-api-types/v10";
import { Hono } from "hono";
import type { CommandRequest } from "../interactions/commands.ts";
import { provesItself } from "../interactions/endpoint.ts";
import { invalidField, notOfThisApplication } from "../problem.ts";
import { bodyOf, type RestContext, type RestEnv, type RestState } from "./context.ts";

/** Flags that an application's owner can change over the API: the limited intents. */
const SETTABLE_FLAGS = (1 << 13) | (1 << 15) | (1 << 19);

export function applicationRoutes({ store, interactions }: RestState): Hono<RestEnv> {
  const { application, commands } = interactions;
  const payload = () => ({
    id: store.bot.id,
    name: store.bot.username,
    icon: null,
    description: application.description,
    type: null,
    flags: application.flags,
    flags_new: String(application.flags),
    bot: store.bot,
    bot_public: true,
    bot_require_code_grant: false,
    verify_key: application.publicKey,
    redirect_uris: [],
    interactions_endpoint_url: application.endpointUrl,
    role_connections_verification_url: null,
    integration_types_config: { 0: {} },
    owner: store.bot,
    approximate_guild_count: store.guilds.size,
    approximate_user_install_count: 0,
    approximate_user_authorization_count: 0,
    explicit_content_filter: 0,
    eligible_oauth2_scopes: [],
    team: null,
  });

  const list = (c: RestContext, guildId?: string) => {
    demandOwn(c, store.bot.id);
    const all = commands.list(guildId);
    return c.json(c.req.query("with_localizations") === "true" ? all : all.map(withoutLocalizations));
  };
  const overwrite = (c: RestContext, guildId?: string) => {
    demandOwn(c, store.bot.id);
    return c.json(commands.overwrite(bodyOf<CommandRequest[]>(c), guildId));
  };
  const guildOf = (c: RestContext) => store.guild(c.req.param("guild") ?? "").id;

  return new Hono<RestEnv>()
    .get("/applications/@me", (c) => c.json(payload()))
    .get("/oauth2/applications/@me", (c) => c.json(payload()))
    .patch("/applications/@me", async (c) => {
      const body = bodyOf<RestContextBody>(c);
      const { interactions_endpoint_url: url, description, flags } = body;
      if (url) {
        const { deadlineMs } = interactions;
        const check = { applicationId: store.bot.id, newId: store.newId, now: store.now, deadlineMs };
        if (!(await provesItself(application, url, check))) {
          throw invalidField(
            ["interactions_endpoint_url"],
            "APPLICATION_INTERACTIONS_ENDPOINT_URL_INVALID",
            "The specified interactions endpoint url could not be verified.",
          );
        }
      }
      if (url !== undefined) application.endpointUrl = url || null;
      if (typeof flags === "number")
        application.flags = (application.flags & ~SETTABLE_FLAGS) | (flags & SETTABLE_FLAGS);
      const text = typeof description === "string" ? description : description?.default;
      if (text !== undefined) application.description = text;
      return c.json(payload());
    })
    .get("/applications/:application/commands", (c) => list(c))
    .put("/applications/:application/commands", (c) => overwrite(c))
    .get("/applications/:application/guilds/:guild/commands", (c) => list(c, guildOf(c)))
    .put("/applications/:application/guilds/:guild/commands", (c) => overwrite(c, guildOf(c)));
}

/** The specification describes `description` as an object with `default`, the documentation as text. */
type RestContextBody = Omit<RESTPatchCurrentApplicationJSONBody, "description"> & {
  description?: string | { default: string } | null;
};

function demandOwn(c: RestContext, applicationId: string): void {
  if (c.req.param("application") !== applicationId) throw notOfThisApplication();
}

/** Localisations are left out of lists, unless they are asked for. */
function withoutLocalizations(command: APIApplicationCommand): object {
  return strip(command) as object;
}

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(
    ([key]) => key !== "name_localizations" && key !== "description_localizations",
  );
  return Object.fromEntries(kept.map(([key, inner]) => [key, strip(inner)]));
}
