import { abortAllDurableObjects } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { answerOf, Chat, modelRequests, postJson, request } from "./support.ts";

const marker = () => `marker-${crypto.randomUUID().slice(0, 8)}`;

/** Sends a message that keeps the agent busy, and waits until it is. */
async function keepBusy(chat: Chat): Promise<void> {
  await chat.send("[[chunks 10]] [[slow 40]] [[say first]]");
  await chat.until(([first]) => first?.state === "running");
}

describe("messages that wait", () => {
  it("are answered together when the agent dispatches by thread, and each is shown once", async () => {
    const chat = new Chat("per-thread");
    const words = [marker(), marker(), marker()];
    await keepBusy(chat);
    for (const word of words) await chat.send(`${word} please`);
    const turns = await chat.settled();
    expect(turns.map(({ state }) => state)).toEqual(["done", "done", "done", "done"]);
    expect(turns.map(({ parts }) => parts.length)).toEqual([1, 0, 0, 1]);
    expect(answerOf(turns[3] as never)).toBe(`echo: ${words.map((word) => `${word} please`).join("\n\n")}`);
    for (const word of words) expect(await modelRequests(word)).toHaveLength(1);
  });

  it("are answered together for each sender when the agent dispatches by lane", async () => {
    const chat = new Chat("per-lane");
    await keepBusy(chat);
    const said: [name: string, text: string][] = [
      ["ann", "a1"],
      ["ben", "b1"],
      ["ann", "a2"],
    ];
    for (const [name, text] of said) {
      await chat.stub.accept({
        id: `test:${text}`,
        author: { id: name, name },
        text,
        target: { kind: "chat" },
      });
    }
    const turns = await chat.settled();
    expect(turns.map((turn) => answerOf(turn))).toEqual(["first", "", "echo: b1", "echo: a1\n\na2"]);
  });

  it("are answered together, once, when the instance dies in the middle", async () => {
    const chat = new Chat("per-thread");
    await keepBusy(chat);
    await chat.send("one [[slow 20]]", "m1");
    await chat.send("two [[slow 20]]", "m2");
    await chat.until((turns) => turns[2]?.state === "running");
    await abortAllDurableObjects();
    const turns = await chat.settled();
    expect(turns.map(({ parts }) => parts.length)).toEqual([1, 0, 1]);
    expect(answerOf(turns[2] as never)).toContain("one");
    expect(answerOf(turns[2] as never)).toContain("two");
    expect(await chat.send("one again", "m1")).toMatchObject({ duplicate: true });
  });

  it("are refused when too many wait, and nothing of them is stored", async () => {
    const chat = new Chat("narrow");
    const socket = await chat.connect();
    await keepBusy(chat);
    await chat.send("second", "m2");
    await chat.send("third", "m3");
    const refused = await postJson(`${chat.path}/messages`, { id: "m4", text: "fourth" });
    expect(refused.status).toBe(429);
    expect(refused.headers.get("Retry-After")).toBe("10");
    expect(await refused.json()).toMatchObject({ error: { code: "busy" } });
    socket.send({ type: "send", id: "m4", text: "fourth" });
    expect(await socket.next((frame) => frame.type === "error")).toMatchObject({ code: "busy", id: "m4" });
    expect(await chat.send("third", "m3")).toMatchObject({ duplicate: true });
    expect(await chat.settled()).toHaveLength(3);
    expect(await chat.send("fourth", "m4")).toMatchObject({ duplicate: false });
    expect(await chat.settled()).toHaveLength(4);
    socket.socket.close();
  });
});

describe("a reset", () => {
  it("forgets what was said, for everybody who watches, and keeps the ids of messages known", async () => {
    const chat = new Chat();
    const [before, after] = [marker(), marker()];
    const socket = await chat.connect();
    await chat.send(`${before} [[say old]]`, "m1");
    await chat.settled();
    expect((await request(`${chat.path}/reset`, { method: "POST" })).status).toBe(204);
    expect(await chat.turns()).toEqual([]);
    await vi.waitFor(() => expect(socket.frames.at(-1)).toMatchObject({ type: "hello", turns: [] }));
    expect(await chat.send("again", "m1")).toMatchObject({ duplicate: true });
    await chat.ask(`${after} [[say new]]`);
    expect(JSON.stringify(await modelRequests(after))).not.toContain(before);
    socket.socket.close();
  });

  it("stops the running answer for good, and answers what was accepted after it", async () => {
    const chat = new Chat();
    const socket = await chat.connect();
    const word = marker();
    await chat.send(`${word} [[hang stream]]`);
    await vi.waitFor(async () => expect(await modelRequests(word)).toHaveLength(1));
    await chat.send("[[say next]]");
    socket.send({ type: "reset" });
    const turns = await chat.until((all) => all.length === 1 && all[0]?.state === "done");
    expect(turns.map((turn) => answerOf(turn))).toEqual(["next"]);
    await vi.waitFor(async () => expect((await modelRequests(word))[0]?.state).toBe("aborted"));
    expect(await modelRequests(word)).toHaveLength(1);
    socket.socket.close();
  });
});
