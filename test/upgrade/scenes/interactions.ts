/** Questions by `/ask` to the agent `porter`: answers by a token, and where it is not taken. Each has a conversation of its own. */
import type { InteractionView } from "../../support/discord/interactions/state.ts";
import type { ConversationEntry, Shown } from "../fixture.ts";
import { record, until } from "../stage.ts";
import { AGENT, type Connected, MODEL } from "./threads.ts";

const ALPHA_BETA = "{340 x alpha} {340 x beta} {60 x gamma}";

const WHY_DM = "-# Discord takes no more of this answer where you asked, so it goes on here.";

/** What one has asked. */
interface Asked {
  view: InteractionView;
  channelId: string;
  /** Who alone sees the answer. */
  user?: string;
}

export class QuestionScenes {
  readonly #connected: Connected;
  #rooms = 0;

  constructor(connected: Connected) {
    this.#connected = connected;
  }

  async prepare(): Promise<void> {
    const { town, stage } = this.#connected;
    town.registerCommands(AGENT);
    const asked = await this.#ask("[[say answered before]]");
    await until("the answer", () =>
      town.shown(asked.channelId).find(({ content }) => content === "answered before"),
    );
    this.#record(
      asked,
      "an answer that is complete: the conversation is erased in a week",
      "answered before",
      ["SELECT 1 FROM turns WHERE state = 'done'", "SELECT 1 FROM jobs WHERE kind = 'erase'"],
    );
    await until(
      "the job to be planned",
      async () => (await stage.doors.ask<object>("/agents/porter/spend")) ?? undefined,
    );
  }

  async open(): Promise<void> {
    this.#connected.town.registerCommands(AGENT);
    await this.#deferred(false);
    await this.#deferred(true);
    await this.#growing();
    await this.#followUp();
    await this.#moved("channel");
    await this.#moved("dm");
    await this.#parked();
  }

  /** Each question has a channel of its own, so that what is in it is that answer. */
  async #ask(prompt: string, options: { private?: boolean; userId?: string } = {}): Promise<Asked> {
    const { town, stage } = this.#connected;
    this.#rooms += 1;
    const name = `room-${stage.manifest.conversations.length}-${this.#rooms}`;
    const { id: channelId } = town.discord.world.createChannel(town.place.guildId, name);
    const { private: isPrivate = false, userId = town.place.userId } = options;
    const values = { prompt, private: isPrivate };
    const view = await town.ask(stage.doors, AGENT, { channelId, userId }, values);
    if (view.status !== "answered") throw new Error(`${prompt}: ${view.failure}`);
    return { view, channelId, ...(isPrivate && { user: userId }) };
  }

  #record(
    { view, channelId, user }: Asked,
    holds: string,
    says: string,
    queries: string[],
    end: Pick<ConversationEntry, "acts" | "after" | "calls"> & { shows?: Shown[] } = {},
  ): void {
    const shows = [{ channelId, says, ...(user !== undefined && { user }) }];
    const name = `${AGENT}/interaction:${view.id}`;
    record(this.#connected.stage, { name, holds, shows, ...end }, ...queries);
  }

  #hold(body: string) {
    return this.#connected.stage.gate.trap({ path: MODEL, body }, { do: "hold-before" });
  }

  async #deferred(isPrivate: boolean): Promise<void> {
    const words = isPrivate ? "told in private" : "told to all";
    const held = this.#hold(words);
    const asked = await this.#ask(`[[say ${words}]]`, { private: isPrivate });
    await held.reached();
    const holds = `a question${isPrivate ? " in private" : ""}: deferred, and running in a model call`;
    this.#record(asked, holds, words, ["SELECT 1 FROM turns WHERE state = 'running'"]);
  }

  async #growing(): Promise<void> {
    const { town, stage } = this.#connected;
    const words = "alpha beta and the rest by the token";
    const stalled = stage.gate.trap({ path: MODEL, body: words }, { do: "stall", after: "alpha" });
    const asked = await this.#ask(`[[chunks 2]] [[say ${words}]]`);
    await stalled.reached();
    const { id, customId } = await town.offered(asked.channelId, "stop");
    this.#record(
      asked,
      "a question: what there is of the answer is shown by its token, with Stop under it",
      words,
      ["SELECT 1 FROM posts WHERE place = 'token' AND confirmed = 1 AND controls LIKE '%:stop:%'"],
      {
        after: [
          {
            ...{ do: "press", channelId: asked.channelId, messageId: id, customId },
            expect: "not running any more",
          },
        ],
      },
    );
  }

  async #followUp(): Promise<void> {
    const { gate } = this.#connected.stage;
    const held = gate.trap(
      { method: "POST", path: "/discord/webhooks/", body: "beta beta beta" },
      { do: "hold-after" },
    );
    const asked = await this.#ask(`[[chunks 1]] [[say ${ALPHA_BETA} by follow-ups]]`);
    await held.reached();
    // Where it would be looked for.
    gate.silence(`/discord/channels/${asked.channelId}`);
    this.#record(
      asked,
      "posting an answer by a token: its first message is there, a follow-up has arrived and nobody knows",
      `${ALPHA_BETA} by follow-ups`,
      [
        "SELECT 1 FROM turns WHERE state = 'posting'",
        "SELECT 1 FROM posts WHERE part = 0 AND place = 'token' AND confirmed = 1",
        "SELECT 1 FROM posts WHERE part = 1 AND place = 'token' AND message_id IS NULL",
      ],
    );
  }

  /** Discord does not take the token any more: the answer goes on in the channel, or where only the user reads it. */
  async #moved(place: "channel" | "dm"): Promise<void> {
    const { town, stage } = this.#connected;
    const words = `${ALPHA_BETA} moved to the ${place}`;
    const model = stage.gate.trap(
      { path: MODEL, body: `moved to the ${place}` },
      { do: "stall", after: "message_start" },
    );
    const { id: userId } = town.discord.world.createUser({ username: `asker-${place}` });
    town.discord.world.join(town.place.guildId, userId);
    const asked = await this.#ask(`[[chunks 1]] [[say ${words}]]`, { private: place === "dm", userId });
    await model.reached();
    town.discord.world.expireToken(asked.view.id);
    const held = stage.gate.trap(
      { method: "POST", path: "/discord/channels/", body: "beta beta beta" },
      { do: "hold-after" },
    );
    model.goOn();
    await held.reached();
    const dm = place === "dm" ? town.discord.world.openDm(userId).id : undefined;
    this.#record(
      asked,
      `posting an answer whose token is not taken any more: it goes on in the ${place}; one of its messages has arrived and nobody knows`,
      dm === undefined ? words : "",
      [
        `SELECT 1 FROM posts WHERE place = '${place}' AND confirmed = 1`,
        `SELECT 1 FROM posts WHERE place = '${place}' AND message_id IS NULL`,
      ],
      dm === undefined ? {} : { shows: [{ channelId: dm, says: `${WHY_DM} ${words}` }] },
    );
  }

  async #parked(): Promise<void> {
    const { town } = this.#connected;
    const mark = "paid by a question";
    const call = `[[tool post_payments ${JSON.stringify({ body: { mark } })}]]`;
    const asked = await this.#ask(`${call} [[finally It is paid.]]`);
    const { id, customId } = await town.offered(asked.channelId, "approve");
    this.#record(
      asked,
      "a question: parked, its answer asks for approval",
      "-# ✅ `post_payments` `approved by Mia` It is paid.",
      ["SELECT 1 FROM turns WHERE state = 'parked'", "SELECT 1 FROM posts WHERE place = 'token'"],
      {
        acts: [{ do: "press", channelId: asked.channelId, messageId: id, customId }],
        calls: { mark, times: 1 },
      },
    );
  }
}
