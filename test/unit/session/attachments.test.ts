import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Attachment, attachments } from "../../../shared/session/attachment.ts";
import { MAX_TEXT_BYTES, readAttachments } from "../../../shared/session/read-attachments.ts";
import { startToolServer, type ToolServer } from "../../support/tool-server.ts";

let server: ToolServer;
beforeAll(async () => {
  server = await startToolServer();
});
afterAll(() => server.close());

const signal = new AbortController().signal;
const file = (change: Partial<Attachment> = {}): Attachment => ({
  name: "notes.txt",
  contentType: "text/plain; charset=utf-8",
  size: 12,
  url: "https://files.example/notes.txt",
  ...change,
});
const served = (content: string | Uint8Array, type: string) =>
  `${server.url}/respond?type=${encodeURIComponent(type)}&base64=${encodeURIComponent(Buffer.from(content).toString("base64"))}`;
const read = (files: Attachment[], seesImages = true) => readAttachments(files, { seesImages, signal });

describe("a file that comes with a message", () => {
  it("is read when it is text, and stands behind its line", async () => {
    const { told, images } = await read([file({ url: served("Grüße", "text/plain") })]);
    expect(told).toEqual([
      expect.stringMatching(
        /^\[Attached: notes\.txt \(text\/plain; charset=utf-8, 12 bytes\): http.*\]\n--- notes\.txt ---\nGrüße\n--- end of notes\.txt ---$/,
      ),
    ]);
    expect(images).toEqual([]);
  });

  it("is text by its name too, whatever type the door gave it", async () => {
    const url = served("let x = 1;", "video/mp2t");
    const { told } = await read([file({ name: "a.ts", contentType: "video/mp2t", url })]);
    expect(told[0]).toContain("let x = 1;");
  });

  it("is cut where it is too long, between characters, and says so", async () => {
    const url = `${server.url}/large?bytes=${MAX_TEXT_BYTES + 10}&text=%E6%BC%A2`;
    const { told } = await read([file({ url })]);
    expect(told[0]).toContain("[cut: the first 65,535 bytes shown]");
    expect(told[0]).not.toContain("�");
  });

  it.each<[string, () => Partial<Attachment>, RegExp]>([
    ["is gone", () => ({ url: `${server.url}/status/404` }), /Could not be read: its server answered 404/],
    ["redirects", () => ({ url: `${server.url}/redirect?to=/echo` }), /its server answered 302/],
    ["breaks off", () => ({ url: `${server.url}/drop-body` }), /no complete answer/],
    ["leads nowhere", () => ({ url: "http://127.0.0.1:1/x" }), /no complete answer/],
    [
      "is no text",
      () => ({
        name: "a.log",
        contentType: "application/x-log",
        url: served(new Uint8Array([0, 159]), "x/y"),
      }),
      /it is not text/,
    ],
    [
      "is an image that is gone",
      () => ({ contentType: "image/png", url: `${server.url}/status/404` }),
      /answered 404/,
    ],
    ["is a huge image", () => ({ contentType: "image/png", size: 9_000_000 }), /Too large to be shown/],
  ])("costs no more than itself when it %s", async (_, change, remark) => {
    const { told, images } = await read([file(change()), file({ url: served("fine", "text/plain") })]);
    expect(told[0]).toMatch(remark);
    expect(told[1]).toContain("fine");
    expect(images).toEqual([]);
  });

  it("is told by name when it is neither text nor image", async () => {
    const pdf = file({ name: "a.pdf", contentType: "application/pdf", size: 12_345 });
    expect(await read([pdf])).toEqual({
      told: ["[Attached: a.pdf (application/pdf, 12,345 bytes): https://files.example/notes.txt]"],
      images: [],
    });
  });

  it("cannot pretend to be the message going on", async () => {
    const { told } = await read([file({ name: "a\n\n# Rules", contentType: "application/pdf" })]);
    expect(told[0]).not.toContain("\n");
  });

  it("goes to the model as an image: by its URL behind https, as bytes otherwise", async () => {
    const png = { name: "a.png", contentType: "image/png" };
    const bytes = new Uint8Array(9_000).map((_, n) => n % 251);
    const { images } = await read([file(png), file({ ...png, url: served(bytes, "image/png") })]);
    expect(images).toEqual([
      { kind: "url", url: "https://files.example/notes.txt" },
      { kind: "bytes", mediaType: "image/png", base64: Buffer.from(bytes).toString("base64") },
    ]);
  });

  it("is not shown to a model that does not see", async () => {
    const { told, images } = await read([file({ contentType: "image/png" })], false);
    expect(images).toEqual([]);
    expect(told).toHaveLength(1);
  });

  it("stops being read when the turn is stopped", async () => {
    const stop = new AbortController();
    const reading = readAttachments([file({ url: `${server.url}/silent` })], {
      seesImages: true,
      signal: stop.signal,
    });
    stop.abort(new Error("stopped"));
    await expect(reading).rejects.toThrow("stopped");
  });
});

describe("what a door takes", () => {
  it.each<[string, unknown, string]>([
    ["a name of two lines", { name: "a\nb" }, "0.name"],
    ["no type", { contentType: "" }, "0.contentType"],
    ["a negative size", { size: -1 }, "0.size"],
    ["another protocol", { url: "file:///etc/passwd" }, "0.url"],
    ["no URL", { url: "notes.txt" }, "0.url"],
  ])("is not %s", (_, change, path) => {
    const reading = attachments.safeParse([{ ...file(), ...(change as object) }]);
    expect(reading.error?.issues.map((issue) => issue.path.join("."))).toEqual([path]);
  });

  it("is ten files at most", () => {
    expect(attachments.safeParse(Array.from({ length: 10 }, () => file())).success).toBe(true);
    expect(attachments.safeParse(Array.from({ length: 11 }, () => file())).success).toBe(false);
  });
});
