import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ChatEvent,
  type ChatState,
  isBusy,
  openChat,
  step,
  unsentMessages,
} from "../../../public/state.ts";
import type { ClientFrame, ProviderView, ServerFrame, TurnView } from "../../../shared/chat/protocol.ts";

const provider: ProviderView = { name: "demo", model: "demo", demo: true, ready: true, note: null };

function turn(id: string, change: Partial<TurnView> = {}): TurnView {
  return {
    id,
    event: `chat:message-${id}`,
    text: "Hello",
    attachments: [],
    state: "running",
    parts: [],
    notice: null,
    provider: "demo",
    model: "demo",
    usage: null,
    costUsd: null,
    receivedAt: 0,
    startedAt: 0,
    finishedAt: null,
    ...change,
  };
}

function hello(...turns: TurnView[]): ServerFrame {
  return { type: "hello", agent: "example-e", chat: "c", provider, turns };
}

function delta(text: string, offset: number, part = 0): ServerFrame {
  return { type: "delta", turn: "a", part, offset, text };
}

/** Runs events one after another; frames stand for their arrival. */
function play(
  state: ChatState,
  ...events: (ChatEvent | ServerFrame)[]
): { state: ChatState; sent: ClientFrame[] } {
  const sent: ClientFrame[] = [];
  for (const event of events) {
    const next = step(state, isChatEvent(event) ? event : { type: "frame", frame: event });
    state = next.state;
    sent.push(...next.send);
  }
  return { state, sent };
}

function isChatEvent(event: ChatEvent | ServerFrame): event is ChatEvent {
  return !["hello", "accepted", "turn", "delta", "error"].includes(event.type);
}

function textOf(state: ChatState): unknown {
  return state.turns[0]?.parts.map((part) => (part.type === "text" ? part.text : part.name));
}

const live = play(openChat(), { type: "opened" }, hello(turn("a"))).state;

describe("a turn that waits for approval", () => {
  const waiting = play(openChat(), { type: "opened" }, hello(turn("a", { state: "parked" }))).state;
  const decision = { type: "decide", turn: "a", call: "1", approve: true } as const;

  it("can be decided on, and stopped", () => {
    expect(isBusy(waiting)).toBe(true);
    expect(play(waiting, decision, { type: "stop" }).sent).toEqual([decision, { type: "stop" }]);
  });

  it("is not decided on while nobody hears it: whoever decides sees that it is still pending", () => {
    expect(play(waiting, { type: "closed" }, decision).sent).toEqual([]);
  });
});

describe("a streamed answer", () => {
  it("grows by what fits at its end, the first text opening a part", () => {
    const { state, sent } = play(live, delta("Good ", 0), delta("morning", 5));
    expect(textOf(state)).toEqual(["Good morning"]);
    expect(sent).toEqual([]);
  });

  it("is not doubled by text that comes twice, or overlaps", () => {
    const { state, sent } = play(
      live,
      delta("Good ", 0),
      delta("Good ", 0),
      delta("od mor", 2),
      delta("r", 7),
    );
    expect(textOf(state)).toEqual(["Good mor"]);
    expect(sent).toEqual([]);
  });

  it("goes on in a new part behind a tool call", () => {
    const call = {
      type: "tool",
      id: "1",
      name: "get_x",
      input: {},
      status: "ok",
      durationMs: 1,
      output: "",
    } as const;
    const { state } = play(
      live,
      delta("Let me look.", 0),
      { type: "turn", turn: turn("a", { parts: [{ type: "text", text: "Let me look." }, call] }) },
      delta("Found.", 0, 2),
    );
    expect(textOf(state)).toEqual(["Let me look.", "get_x", "Found."]);
  });

  it.each([
    ["leaves a gap", delta("later", 9)],
    ["belongs to a part that was never seen", delta("later", 0, 3)],
    [
      "belongs to a turn that was never seen",
      { type: "delta", turn: "z", part: 0, offset: 0, text: "x" } as const,
    ],
    ["contradicts what is there", delta("Bad", 0)],
  ])("asks for everything anew when a delta %s", (_, frame) => {
    const { state, sent } = play(live, delta("Good ", 0), frame);
    expect(sent).toEqual([{ type: "sync" }]);
    expect(textOf(state)).toEqual(["Good "]);
  });

  it("asks once, not for every delta until the answer to it comes", () => {
    const whole = turn("a", { parts: [{ type: "text", text: "Good morning" }] });
    const { state, sent } = play(
      live,
      delta("x", 3),
      delta("y", 4),
      delta("z", 5),
      hello(whole),
      delta("!", 12),
    );
    expect(sent).toEqual([{ type: "sync" }]);
    expect(textOf(state)).toEqual(["Good morning!"]);
  });

  it("starts over when the server says so", () => {
    const { state } = play(live, delta("Half of it", 0), { type: "turn", turn: turn("a") }, delta("All", 0));
    expect(textOf(state)).toEqual(["All"]);
  });

  it("leaves the other turns the objects they were, so that nobody draws them again", () => {
    const two = play(live, { type: "turn", turn: turn("b") }).state;
    const { state } = play(two, delta("x", 0));
    expect(state.turns[1]).toBe(two.turns[1]);
    expect(state.turns[0]).not.toBe(two.turns[0]);
  });
});

describe("a message", () => {
  const compose = { type: "compose", id: "m1", text: "Hi" } as const;
  const frame = { type: "send", id: "m1", text: "Hi" };

  it("is sent at once on a live connection", () => {
    expect(play(live, compose).sent).toEqual([frame]);
  });

  it("waits for the hello of a connection that is not there yet", () => {
    const before = play(openChat(), compose, { type: "opened" });
    expect(before.sent).toEqual([]);
    expect(play(before.state, hello()).sent).toEqual([frame]);
  });

  it("is sent again with the same id on every connection until it is accepted", () => {
    const lost = play(live, compose, { type: "closed" }, { type: "opened" }, hello());
    expect(lost.sent).toEqual([frame, frame]);
    const accepted = play(lost.state, { type: "accepted", id: "m1", turn: "t1", duplicate: true });
    expect(play(accepted.state, { type: "closed" }, { type: "opened" }, hello()).sent).toEqual([]);
  });

  it("is shown until its turn is, and then only there", () => {
    const accepted = play(live, compose, { type: "accepted", id: "m1", turn: "t1", duplicate: false }).state;
    expect(accepted.outgoing.map(({ id }) => id)).toEqual(["m1"]);
    expect(unsentMessages(accepted)).toEqual([]);
    expect(play(accepted, { type: "turn", turn: turn("t1") }).state.outgoing).toEqual([]);
  });

  it("is recognised in a turn even when the acceptance was lost", () => {
    const { state, sent } = play(
      live,
      compose,
      { type: "closed" },
      { type: "opened" },
      hello(turn("t1", { event: "chat:m1" })),
    );
    expect(state.outgoing).toEqual([]);
    expect(sent).toEqual([frame]);
  });

  it("survives a reload before it was accepted", () => {
    const kept = unsentMessages(play(openChat(), compose).state);
    expect(play(openChat(kept), { type: "opened" }, hello()).sent).toEqual([frame]);
  });

  it("that is refused stays with the reason and is sent again only when a person asks", () => {
    const refused = play(live, compose, { type: "error", code: "busy", message: "Too many.", id: "m1" });
    expect(refused.state.outgoing).toMatchObject([{ id: "m1", refusal: "Too many." }]);
    expect(play(refused.state, { type: "closed" }, { type: "opened" }, hello()).sent).toEqual([]);
    expect(play(refused.state, { type: "retry", id: "m1" }).sent).toEqual([frame]);
    expect(play(refused.state, { type: "discard", id: "m1" }).state.outgoing).toEqual([]);
  });

  it("takes an older problem off the page", () => {
    const troubled = play(live, { type: "error", code: "x", message: "Something went wrong." }).state;
    expect(troubled.problem).toBe("Something went wrong.");
    expect(play(troubled, compose).state.problem).toBeNull();
  });
});

describe("forget", () => {
  it("is asked of the server, and done when its hello comes", () => {
    const live = play(openChat(), { type: "opened" }, hello(turn("t1"))).state;
    const asked = play(live, { type: "forget" });
    expect(asked.sent).toEqual([{ type: "reset" }]);
    expect(asked.state.turns).toHaveLength(1);
    expect(play(asked.state, hello()).state.turns).toEqual([]);
  });

  it("is not asked while there is nobody to hear it", () => {
    expect(play(openChat(), { type: "forget" }).sent).toEqual([]);
  });
});

describe("stop", () => {
  it("is sent while an answer runs", () => {
    expect(isBusy(live)).toBe(true);
    expect(play(live, { type: "stop" }).sent).toEqual([{ type: "stop" }]);
  });

  it.each([
    ["nothing runs", play(live, { type: "turn", turn: turn("a", { state: "done" }) }).state],
    // Sent later it would stop another answer.
    ["nobody hears it", play(live, { type: "closed" }).state],
  ])("is not sent when %s", (_, state) => {
    expect(play(state, { type: "stop" }).sent).toEqual([]);
  });
});

it("lets frames of a newer server pass", () => {
  const unknown = { type: "weather" } as unknown as ServerFrame;
  expect(step(live, { type: "frame", frame: unknown })).toEqual({ state: live, send: [] });
});

describe("whatever is lost, doubled or cut off", () => {
  /** A server as the protocol describes it, on a wire that a test can break. */
  class Server {
    readonly turns: TurnView[] = [];
    wire: ServerFrame[] = [];

    receive(frame: ClientFrame): void {
      if (frame.type === "sync") this.wire.push(hello(...this.turns));
      if (frame.type !== "send") return;
      const known = this.turns.find(({ event }) => event === `chat:${frame.id}`);
      const id = known?.id ?? `turn-${this.turns.length}`;
      if (!known)
        this.turns.push(
          turn(id, { event: `chat:${frame.id}`, text: frame.text, parts: [{ type: "text", text: "" }] }),
        );
      this.wire.push({ type: "accepted", id: frame.id, turn: id, duplicate: known !== undefined });
      if (!known) this.wire.push({ type: "turn", turn: this.turns.at(-1) ?? turn(id) });
    }

    say(text: string): void {
      const last = this.turns.at(-1);
      const part = last?.parts[0];
      if (!last || part?.type !== "text") return;
      this.wire.push({ type: "delta", turn: last.id, part: 0, offset: part.text.length, text });
      this.turns[this.turns.length - 1] = { ...last, parts: [{ type: "text", text: part.text + text }] };
    }
  }

  const action = fc.oneof(
    fc.constant("write" as const),
    fc.constant("arrive" as const),
    fc.constant("lose a frame" as const),
    fc.constant("double a frame" as const),
    fc.constant("break" as const),
    fc.constant("connect" as const),
    fc.record({ say: fc.string({ minLength: 1, maxLength: 3 }) }),
  );

  it("shows after the next hello what the server has, each message once and in order", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const server = new Server();
        let state = openChat();
        const written: string[] = [];
        const take = (event: ChatEvent) => {
          const next = step(state, event);
          state = next.state;
          for (const frame of next.send) server.receive(frame);
        };
        const connect = () => {
          if (state.connection !== "offline") return;
          server.wire = [hello(...server.turns)];
          take({ type: "opened" });
        };
        const arrive = () => {
          const frame = server.wire.shift();
          if (frame && state.connection !== "offline") take({ type: "frame", frame });
        };

        for (const act of actions) {
          if (typeof act === "object") server.say(act.say);
          else if (act === "arrive") arrive();
          else if (act === "connect") connect();
          else if (act === "lose a frame") server.wire.splice(0, 1);
          else if (act === "double a frame") server.wire.splice(0, 0, ...server.wire.slice(0, 1));
          else if (act === "break") {
            server.wire = [];
            take({ type: "closed" });
          } else {
            const text = `message ${written.length}`;
            written.push(text);
            take({ type: "compose", id: text, text });
          }
        }

        take({ type: "closed" });
        connect();
        while (server.wire.length > 0) arrive();

        expect(state.turns).toEqual(server.turns);
        expect(state.outgoing).toEqual([]);
        expect(state.turns.map(({ text }) => text)).toEqual(written);
      }),
      { numRuns: 500 },
    );
  });
});
