/** A refusal in Discord's words ("Opcodes and Status Codes" in its API reference). */
export class DiscordProblem extends Error {
  override readonly name = "DiscordProblem";
  readonly status: 400 | 401 | 403 | 404 | 405 | 413;
  readonly code: number;
  readonly errors: FieldErrors | undefined;

  constructor(status: DiscordProblem["status"], code: number, message: string, errors?: FieldErrors) {
    super(message);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }

  /** The body of the answer. */
  toJSON() {
    return { message: this.message, code: this.code, ...(this.errors ? { errors: this.errors } : {}) };
  }
}

/** What is wrong with which field, nested as the body is. */
export interface FieldErrors {
  [field: string]: FieldErrors | { code: string; message: string }[];
}

export const unknownChannel = () => new DiscordProblem(404, 10003, "Unknown Channel");
export const unknownGuild = () => new DiscordProblem(404, 10004, "Unknown Guild");
export const unknownInteraction = () => new DiscordProblem(404, 10062, "Unknown interaction");
export const alreadyAcknowledged = () =>
  new DiscordProblem(400, 40060, "Interaction has already been acknowledged.");
export const invalidWebhookToken = () => new DiscordProblem(401, 50027, "Invalid Webhook Token");
export const unknownRole = () => new DiscordProblem(404, 10011, "Unknown Role");
export const notOfThisApplication = () =>
  new DiscordProblem(403, 20012, "You are not authorized to perform this action on this application");
export const unknownMember = () => new DiscordProblem(404, 10007, "Unknown Member");
export const unknownMessage = () => new DiscordProblem(404, 10008, "Unknown Message");
export const unknownUser = () => new DiscordProblem(404, 10013, "Unknown User");
export const unknownWebhook = () => new DiscordProblem(404, 10015, "Unknown Webhook");
export const unknownEmoji = () => new DiscordProblem(400, 10014, "Unknown Emoji");
export const missingAccess = () => new DiscordProblem(403, 50001, "Missing Access");
export const notTheAuthor = () =>
  new DiscordProblem(403, 50005, "Cannot edit a message authored by another user");
export const emptyMessage = () => new DiscordProblem(400, 50006, "Cannot send an empty message");
export const cannotMessageUser = () => new DiscordProblem(403, 50007, "Cannot send messages to this user");
export const missingPermissions = () => new DiscordProblem(403, 50013, "Missing Permissions");
export const wrongChannelType = () =>
  new DiscordProblem(400, 50024, "Cannot execute action on this channel type");
export const threadArchived = () => new DiscordProblem(400, 50083, "Thread is archived");
export const cannotReply = () =>
  new DiscordProblem(403, 160002, "Cannot reply without permission to read message history");
export const threadExists = () =>
  new DiscordProblem(400, 160004, "A thread has already been created for this message");
export const tooLarge = () => new DiscordProblem(413, 40005, "Request entity too large");

/** 50035 for one field, named by its path. */
export function invalidField(
  path: readonly (string | number)[],
  code: string,
  message: string,
): DiscordProblem {
  return invalidForm([{ path, code, message }]);
}

/** 50035 for some fields. */
export function invalidForm(
  issues: readonly { path: readonly (string | number)[]; code: string; message: string }[],
): DiscordProblem {
  const errors: FieldErrors = {};
  for (const { path, code, message } of issues) {
    let node = errors;
    for (const step of path) {
      const next = node[String(step)];
      if (next !== undefined && !Array.isArray(next)) {
        node = next;
        continue;
      }
      const made: FieldErrors = {};
      node[String(step)] = made;
      node = made;
    }
    node._errors = [{ code, message }];
  }
  return new DiscordProblem(400, 50035, "Invalid Form Body", errors);
}
