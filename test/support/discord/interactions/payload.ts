/** An interaction as Discord sends it ("Interaction Object"), and what messages say of it. */
import type { APIMessageInteractionMetadata } from "discord-api-types/v10";
import { channelPayload, memberPayload, messagePayload } from "../payloads.ts";
import { appPermissions } from "../permissions.ts";
import { unknownMember } from "../problem.ts";
import type { ChannelState } from "../state.ts";
import type { Store } from "../store.ts";
import { INTERACTION, type InteractionState } from "./state.ts";

/** Largest file that can be sent, in bytes, in a guild without boosts. */
const ATTACHMENT_SIZE_LIMIT = 10 * 1024 * 1024;

const CONTEXT = { guild: 0, botDm: 1 } as const;

export type NewInteraction = Pick<
  InteractionState,
  "id" | "token" | "type" | "channelId" | "userId" | "data" | "message"
> & { locale: string };

/** @throws DiscordProblem 10007 when the user is no member of the guild */
export function interactionPayload(store: Store, interaction: NewInteraction): Record<string, unknown> {
  const { id, type, token, channelId, userId, data, message, locale } = interaction;
  const channel = store.channel(channelId);
  return {
    id,
    application_id: store.bot.id,
    type,
    token,
    version: 1,
    ...(data === undefined ? {} : { data }),
    channel_id: channelId,
    channel: partialChannel(store, channel),
    ...whoAndWhere(store, channel, userId),
    ...(message === null ? {} : { message: messagePayload(store, message) }),
    app_permissions: appPermissions(store.permissionsHolder(channel).denied),
    locale,
    entitlements: [],
    authorizing_integration_owners: owners(channel),
    context: channel.kind === "dm" ? CONTEXT.botDm : CONTEXT.guild,
    attachment_size_limit: ATTACHMENT_SIZE_LIMIT,
  };
}

function whoAndWhere(store: Store, channel: ChannelState, userId: string) {
  if (channel.kind === "dm") return { user: store.user(userId) };
  const guild = store.guild(channel.guildId);
  const member = guild.members.get(store.user(userId).id);
  if (member === undefined) throw unknownMember();
  return {
    guild_id: guild.id,
    guild: { id: guild.id, locale: "en-US", features: [] },
    guild_locale: "en-US",
    member: { ...memberPayload(store, member), permissions: member.permissions },
  };
}

/** A thread comes with its parent, a guild's channel without the permissions of others. */
function partialChannel(store: Store, channel: ChannelState): object {
  const { permission_overwrites: _, ...rest } = channelPayload(store, channel) as {
    permission_overwrites?: unknown;
  };
  return rest;
}

/** The bot is installed to guilds; in a DM with it Discord writes 0. */
function owners(channel: ChannelState): { 0: string } {
  return { 0: channel.kind === "dm" ? "0" : channel.guildId };
}

/**
 * What messages say of the interaction that they answer ("Message Interaction Metadata").
 *
 * @param originalId the first answer, for messages that follow it
 */
export function metadataOf(
  store: Store,
  state: InteractionState,
  originalId: string | null,
): APIMessageInteractionMetadata {
  const { data = {}, opener, message } = state;
  const common = {
    id: state.id,
    type: state.type,
    user: store.user(state.userId),
    authorizing_integration_owners: owners(store.channel(state.channelId)),
    ...(originalId === null ? {} : { original_response_message_id: originalId }),
  };
  if (state.type === INTERACTION.component)
    return { ...common, interacted_message_id: message?.id } as APIMessageInteractionMetadata;
  if (state.type === INTERACTION.modalSubmit && opener !== null) {
    const triggering_interaction_metadata = metadataOf(store, opener, null);
    return { ...common, triggering_interaction_metadata } as APIMessageInteractionMetadata;
  }
  const { target_id, type } = data as { target_id?: string; type?: number };
  const target =
    target_id === undefined
      ? {}
      : type === 2
        ? { target_user: store.user(target_id) }
        : { target_message_id: target_id };
  return { ...common, ...target } as APIMessageInteractionMetadata;
}
