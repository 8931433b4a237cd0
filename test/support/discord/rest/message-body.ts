/** What a request says of a message's contents, whichever route it comes to. */
import type { APIAllowedMentions, APIEmbed, APIMessageComponent } from "discord-api-types/v10";
import type { Edit } from "../messages.ts";
import { type AttachmentState, MESSAGE_FLAGS, NO_FLAGS } from "../state.ts";
import type { Store } from "../store.ts";
import type { ReadBody } from "./request.ts";
import { type AttachmentRequest, keptAndSentFiles } from "./uploads.ts";

/** Fields that all bodies with a message have in common. */
export interface MessageBody {
  content?: string | null | undefined;
  embeds?: readonly APIEmbed[] | null | undefined;
  components?: readonly APIMessageComponent[] | null | undefined;
  attachments?: readonly AttachmentRequest[] | null | undefined;
  allowed_mentions?: APIAllowedMentions | null | undefined;
  flags?: number | null | undefined;
}

/** Flags that an application may set; EPHEMERAL is decided on elsewhere. */
const SETTABLE_FLAGS =
  MESSAGE_FLAGS.suppressEmbeds | MESSAGE_FLAGS.suppressNotifications | MESSAGE_FLAGS.isComponentsV2;

/** Where nothing is yet. */
export const NOTHING = { attachments: [], flags: NO_FLAGS } as const;

/**
 * What a body changes in a message; what it leaves out stays as it is. A flag that is set is not taken away again.
 *
 * @throws DiscordProblem 40005 or 50035 for files that cannot be
 */
export function contentsOf(
  store: Store,
  body: MessageBody,
  files: ReadBody["files"],
  present: { readonly attachments: readonly AttachmentState[]; readonly flags: number },
): Edit {
  const { content, embeds, components, allowed_mentions, flags } = body;
  return {
    attachments: keptAndSentFiles(store, body.attachments, files, present.attachments),
    flags: present.flags | ((flags ?? 0) & SETTABLE_FLAGS),
    ...(content === undefined ? {} : { content: content ?? "" }),
    ...(embeds === undefined ? {} : { embeds: (embeds ?? []).map(richEmbed) }),
    ...(components === undefined ? {} : { components: [...(components ?? [])] }),
    ...(allowed_mentions ? { allowedMentions: allowed_mentions } : {}),
  };
}

function richEmbed(embed: APIEmbed): APIEmbed {
  return { ...embed, type: "rich" as APIEmbed["type"] & string };
}
