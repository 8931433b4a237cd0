/** What ids in an interaction stand for ("Resolved Data Structure"). */
import type { APIMessage } from "discord-api-types/v10";
import { attachmentPayload, channelPayload, messagePayload, partialMember } from "../payloads.ts";
import { ALL_PERMISSIONS } from "../permissions.ts";
import { unknownRole } from "../problem.ts";
import type { AttachmentState, ChannelState, MessageState } from "../state.ts";
import type { Store } from "../store.ts";

export class Resolved {
  readonly #store: Store;
  readonly #place: ChannelState;
  readonly #found: Record<string, Record<string, object>> = {};

  /** @param place where the interaction happens */
  constructor(store: Store, place: ChannelState) {
    this.#store = store;
    this.#place = place;
  }

  /** @throws DiscordProblem 10013 */
  addUser(id: string): void {
    this.#add("users", id, this.#store.user(id));
    const member = this.#guild()?.members.get(id);
    if (member === undefined) return;
    const { deaf: _deaf, mute: _mute, ...rest } = partialMember(member);
    this.#add("members", id, { ...rest, permissions: member.permissions });
  }

  /** @throws DiscordProblem 10011 */
  addRole(id: string): void {
    const role = this.#guild()?.roles.find((each) => each.id === id);
    if (role === undefined) throw unknownRole();
    this.#add("roles", id, role);
  }

  /** @throws DiscordProblem 10013 when it is neither a role nor a user */
  addMentionable(id: string): void {
    if (this.#guild()?.roles.some((role) => role.id === id)) this.addRole(id);
    else this.addUser(id);
  }

  /** @throws DiscordProblem 10003 */
  addChannel(id: string): void {
    const payload = channelPayload(this.#store, this.#store.channel(id));
    const { type, name } = payload;
    const thread = "thread_metadata" in payload ? { thread_metadata: payload.thread_metadata } : {};
    const parent = "parent_id" in payload ? { parent_id: payload.parent_id } : {};
    this.#add("channels", id, { id, type, name, permissions: ALL_PERMISSIONS, ...parent, ...thread });
  }

  addMessage(message: MessageState): APIMessage {
    const payload = messagePayload(this.#store, message);
    this.#add("messages", message.id, payload);
    return payload;
  }

  /** Keeps the file, so that it can be downloaded. */
  addAttachment(file: AttachmentState): void {
    this.#store.upload(file);
    this.#add("attachments", file.id, attachmentPayload(this.#store, this.#place.id, file));
  }

  /** The field of an interaction's data, absent when there is nothing in it. */
  field(): { resolved?: object } {
    return Object.keys(this.#found).length === 0 ? {} : { resolved: this.#found };
  }

  #guild() {
    return this.#place.kind === "dm" ? undefined : this.#store.guild(this.#place.guildId);
  }

  #add(kind: string, id: string, value: object): void {
    const group = this.#found[kind] ?? {};
    group[id] = value;
    this.#found[kind] = group;
  }
}
