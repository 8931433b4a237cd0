/**
 * What to post next, from what is to be said and what Discord has. It looks at states only, so whatever was lost, done
 * twice or done by an instance that died is put right by asking again.
 */
import { controlIds } from "./components.ts";
import type { ControlRow } from "./controls.ts";
import type { UploadedFile } from "./request-body.ts";

/** What is to be said now. */
export interface DesiredPosts {
  /** Contents of its messages, in order. */
  parts: readonly string[];
  /** Goes with the first of them. */
  file?: UploadedFile;
  /** Stand under the last of them. */
  controls?: readonly ControlRow[];
}

/** One message as far as we know. */
export interface Post {
  /** Its place in the answer, from 0. */
  part: number;
  /** Its id; `null`: it was sent, and nobody knows what became of it. */
  messageId: string | null;
  /** Its text; `null`: it was edited, and nobody knows whether that took effect. */
  content: string | null;
  hasFile: boolean;
  /** Custom ids of the controls under it. */
  controls: readonly string[];
}

export type PostAction =
  | ({ do: "create" } & PostContent)
  | ({ do: "edit"; messageId: string } & PostContent)
  | { do: "delete"; part: number; messageId: string }
  | { do: "nothing" };

/** What a message is to show. */
export interface PostContent {
  part: number;
  content: string;
  /** Empty: none, and those that are there go. */
  controls: readonly ControlRow[];
  file?: UploadedFile;
}

/**
 * The next request that brings Discord closer to `desired`: messages are made and edited from the first to the last, so
 * that they stand in order; what is too much goes at the end.
 */
export function nextPost(desired: DesiredPosts, posted: readonly Post[]): PostAction {
  for (const [part, content] of desired.parts.entries()) {
    const post = posted.find((candidate) => candidate.part === part);
    const controls = part === desired.parts.length - 1 ? (desired.controls ?? []) : [];
    const file = part === 0 && desired.file && !post?.hasFile ? { file: desired.file } : {};
    // With the same nonce: a message that was sent before is found, not made again.
    const shown = { part, content, controls, ...file };
    if (!post || post.messageId === null) return { do: "create", ...shown };
    if (post.content !== content || file.file || !shows(post, controls))
      return { do: "edit", messageId: post.messageId, ...shown };
  }
  const extra = posted.findLast(({ part, messageId }) => part >= desired.parts.length && messageId !== null);
  if (extra?.messageId) return { do: "delete", part: extra.part, messageId: extra.messageId };
  return { do: "nothing" };
}

function shows(post: Post, controls: readonly ControlRow[]): boolean {
  const ids = controlIds(controls);
  return ids.length === post.controls.length && ids.every((id, index) => id === post.controls[index]);
}
