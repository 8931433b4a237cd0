/** What an application without MESSAGE_CONTENT reads of a message ("Message Content Intent" in Discord's Gateway topic). */
import type { APIMessage } from "discord-api-types/v10";

interface Reader {
  botId: string;
  isDm: boolean;
}

/**
 * "Apps without the intent will receive empty values in fields that contain user-inputted content": `content`, `embeds`,
 * `attachments` and `components` are empty, `poll` is not there ("Message Object"). The app's own messages, DMs, and messages
 * that mention it keep theirs. The message that another one answers is read by the same rule for itself.
 */
export function withoutHiddenContent<Message extends APIMessage>(
  message: Message,
  { botId, isDm }: Reader,
): Message {
  const { referenced_message: answered } = message;
  const shown = answered
    ? { ...message, referenced_message: withoutHiddenContent(answered, { botId, isDm }) }
    : message;
  const isOpen = isDm || message.author.id === botId || message.mentions.some(({ id }) => id === botId);
  if (isOpen) return shown;
  const hidden: Message = { ...shown, content: "", embeds: [], attachments: [], components: [] };
  delete hidden.poll;
  return hidden;
}
