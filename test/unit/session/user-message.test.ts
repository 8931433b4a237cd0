import { describe, expect, it } from "vitest";
import {
  eventText,
  readUserMessage,
  withoutImages,
} from "../../../durable-objects/channel-session/engine/user-message.ts";
import type { InboundEvent } from "../../../shared/session/event.ts";

const reading = { seesImages: true, signal: new AbortController().signal };

function event(author: string, text: string, ...names: string[]): InboundEvent {
  const attachments = names.map((name) => ({
    name,
    contentType: name.endsWith(".png") ? "image/png" : "application/pdf",
    size: 5,
    url: `https://files.example/${name}`,
  }));
  return {
    id: `chat:${text}`,
    author: { id: author, name: author },
    text,
    attachments,
    target: { kind: "chat" },
  };
}

const told = (name: string, type: string) =>
  `[Attached: ${name} (${type}, 5 bytes): https://files.example/${name}]`;

describe("what a turn answers", () => {
  it("tells each file with the message that it came with", async () => {
    const events = [
      event("Ann", "one", "a.pdf"),
      event("Ben", "two"),
      event("Ann", "three", "b.png", "c.pdf"),
    ];
    const { user, texts } = await readUserMessage(events, reading);
    expect(texts).toEqual([
      `one\n\n${told("a.pdf", "application/pdf")}`,
      "two",
      `three\n\n${told("b.png", "image/png")}\n\n${told("c.pdf", "application/pdf")}`,
    ]);
    expect(user).toEqual({
      role: "user",
      text: `Ann: ${texts[0]}\n\nBen: two\n\nAnn: ${texts[2]}`,
      images: [{ kind: "url", url: "https://files.example/b.png" }],
    });
    expect(events.map(eventText)).toEqual(texts);
  });

  it("is its text alone when nothing came with it", async () => {
    const { user, texts } = await readUserMessage([event("Ann", "one")], reading);
    expect(user).toEqual({ role: "user", text: "one" });
    expect(texts).toEqual(["one"]);
  });

  it("says so when its images cannot be shown", async () => {
    const { user } = await readUserMessage([event("Ann", "look", "b.png")], reading);
    const blind = withoutImages(user);
    expect(blind.images).toBeUndefined();
    expect(blind.text).toBe(`${user.text}\n\n(The attached images could not be shown to you.)`);
  });
});
