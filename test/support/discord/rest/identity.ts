/** Who the bot is, and where its Gateway. */
import { Hono } from "hono";
import { channelPayload, memberPayload } from "../payloads.ts";
import { unknownMember, unknownUser } from "../problem.ts";
import type { World } from "../world.ts";
import { bodyOf, type RestEnv, type RestState } from "./context.ts";

export function identityRoutes(state: RestState, world: World): Hono<RestEnv> {
  const { store } = state;
  const self = () => ({ ...store.bot, mfa_enabled: false, locale: "en-US", verified: true, email: null });

  return new Hono<RestEnv>()
    .get("/gateway", (c) => c.json({ url: state.gatewayUrl() }))
    .get("/gateway/bot", (c) =>
      c.json({
        url: state.gatewayUrl(),
        shards: state.shards,
        session_start_limit: state.sessionStartLimit(),
      }),
    )
    .get("/users/@me", (c) => c.json(self()))
    .get("/users/:user", (c) => c.json(store.user(c.req.param("user"))))
    .post("/users/@me/channels", (c) => {
      const { recipient_id } = bodyOf<{ recipient_id?: string | null }>(c);
      if (!recipient_id) throw unknownUser();
      return c.json(world.openDm(recipient_id));
    })
    .get("/guilds/:guild/members/:user", (c) => {
      const member = store.guild(c.req.param("guild")).members.get(c.req.param("user"));
      if (member === undefined) throw unknownMember();
      return c.json(memberPayload(store, member));
    })
    .get("/guilds/:guild/channels", (c) => {
      const { id } = store.guild(c.req.param("guild"));
      const channels = store.channelsOf(id).filter(({ kind }) => kind === "text");
      return c.json(channels.map((channel) => channelPayload(store, channel)));
    })
    .get("/guilds/:guild/threads/active", (c) => {
      const { id } = store.guild(c.req.param("guild"));
      const threads = store
        .channelsOf(id)
        .filter((channel) => channel.kind === "thread" && !channel.archived && store.canSee(channel))
        .map((thread) => channelPayload(store, thread));
      const members = threads.flatMap((thread) =>
        "member" in thread && thread.member ? [thread.member] : [],
      );
      return c.json({ threads, members, has_more: false });
    });
}
