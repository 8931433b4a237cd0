/**
 * What to post next, from what is to be said and what Discord has. It looks at states only, so whatever was lost, done
 * twice or done by an instance that died is put right by asking again.
 */
import type { UploadedFile } from "./request-body.ts";

/** What is to be said now. */
export interface DesiredPosts {
  /** Contents of its messages, in order. */
  parts: readonly string[];
  /** Goes with the first of them. */
  file?: UploadedFile;
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
}

export type PostAction =
  | { do: "create"; part: number; content: string; file?: UploadedFile }
  | { do: "edit"; part: number; messageId: string; content: string; file?: UploadedFile }
  | { do: "delete"; part: number; messageId: string }
  | { do: "nothing" };

/**
 * The next request that brings Discord closer to `desired`: messages are made and edited from the first to the last, so
 * that they stand in order; what is too much goes at the end.
 */
export function nextPost(desired: DesiredPosts, posted: readonly Post[]): PostAction {
  for (const [part, content] of desired.parts.entries()) {
    const post = posted.find((candidate) => candidate.part === part);
    const file = part === 0 && desired.file && !post?.hasFile ? { file: desired.file } : {};
    // With the same nonce: a message that was sent before is found, not made again.
    if (!post || post.messageId === null) return { do: "create", part, content, ...file };
    if (post.content !== content || file.file)
      return { do: "edit", part, messageId: post.messageId, content, ...file };
  }
  const extra = posted.findLast(({ part, messageId }) => part >= desired.parts.length && messageId !== null);
  if (extra?.messageId) return { do: "delete", part: extra.part, messageId: extra.messageId };
  return { do: "nothing" };
}
