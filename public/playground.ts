/** The playground: puts the conversation that the address names on the page. */
import { type AgentView, fetchAgents, fetchChats } from "./api.ts";
import { type Conversation, openConversation } from "./conversation.ts";
import { byId } from "./dom.ts";
import { paced } from "./paced.ts";
import { newId, readRoute, writeRoute } from "./route.ts";
import { listenForShortcuts } from "./shortcuts.ts";
import { sidebar } from "./sidebar.ts";
import { isBusy, isEmpty } from "./state.ts";
import { statusStrip } from "./strip.ts";
import { drawAgents } from "./view/agent-list.ts";
import { announcer } from "./view/announcer.ts";
import { chatList } from "./view/chat-list.ts";
import { composer } from "./view/composer.ts";
import { head } from "./view/head.ts";
import { hubPanel } from "./view/hub.ts";
import { drawIntro } from "./view/intro.ts";
import { transcript } from "./view/transcript.ts";

/** Between two tries to load the agents, in milliseconds. */
const LOAD_AGAIN = 2_000;

/** Until the list is asked for a conversation that it lacked, in milliseconds. */
const LIST_AGAIN = 1_500;

const page = {
  agents: byId("agents", HTMLElement),
  announcer: byId("announcer", HTMLElement),
  forget: byId("forget", HTMLButtonElement),
  intro: byId("intro", HTMLElement),
  latest: byId("latest", HTMLButtonElement),
  scroller: byId("scroller", HTMLElement),
  stop: byId("stop", HTMLButtonElement),
  transcript: byId("transcript", HTMLElement),
};

const lists = chatList(byId("chats", HTMLElement));
const bar = head();
const menu = sidebar();
const strip = statusStrip(byId("strip", HTMLElement));
const hub = hubPanel({
  switched(id, provider) {
    const agent = agents.find((candidate) => candidate.id === id);
    if (agent === undefined || opened === null) return;
    agent.provider = provider;
    drawAgents(page.agents, agents, opened.conversation.agent);
    if (id === opened.conversation.agent) introduce(agent);
    // The answer names the provider anew.
    opened.conversation.check();
  },
  failed: (reason) => strip.say(reason),
});
const writing = composer(
  {
    form: byId("composer", HTMLFormElement),
    field: byId("composer-text", HTMLTextAreaElement),
    send: byId("send", HTMLButtonElement),
  },
  { submit: (text) => opened?.send(text), change: () => opened?.conversation.keepDraft(writing.text) },
);

/** What is on the page, and how to take it off. */
let opened: { conversation: Conversation; send(text: string): void; close(): void } | null = null;
const agents = await loadAgents();

function show(agent: AgentView, chat: string): void {
  const leaving = new AbortController();
  const messages = transcript(
    { scroller: page.scroller, list: page.transcript, latest: page.latest },
    agent.name,
    (type, id) => conversation.act(type, id),
    (turn, call, approve) => conversation.decide(turn, call, approve),
    leaving.signal,
  );
  const announce = announcer(page.announcer, agent.name);
  const ask = paced(() => !leaving.signal.aborted && draw());

  const conversation = openConversation(agent.id, chat, {
    changed: ask,
    listed: () => {
      void drawChats(agent, chat);
      hub.spent();
    },
    // A login that is over leads to /login; a server that is away is what the socket waits for.
    refused: () => void fetchAgents().catch(() => {}),
  });

  function draw(): void {
    const { state } = conversation;
    const provider = state.provider ?? agent.provider;
    // Until the first hello nobody knows whether the conversation is empty.
    const isNew = state.provider !== null && isEmpty(state);
    page.intro.hidden = !isNew;
    messages.draw(state);
    announce(state.turns);
    strip.draw(state, isNew || provider.ready ? null : provider.note);
    bar.draw(agent.name, provider);
    page.stop.hidden = !isBusy(state);
    page.stop.disabled = state.connection !== "live";
    page.forget.hidden = state.connection !== "live" || isEmpty(state);
  }

  function send(text: string): void {
    conversation.compose(text);
    draw();
    messages.follow();
  }

  opened = {
    conversation,
    send,
    close() {
      leaving.abort();
      conversation.close();
    },
  };
  drawAgents(page.agents, agents, agent.id);
  hub.open(agent.id);
  introduce(agent);
  writing.fill(conversation.draft);
  draw();
  messages.follow();
  void drawChats(agent, chat);
}

function introduce(agent: AgentView): void {
  drawIntro(page.intro, agent, (text) => {
    opened?.send(text);
    writing.focus();
  });
}

/** @param retries how often to look again for a conversation that is not listed yet: the list may lag behind it. */
async function drawChats(agent: AgentView, chat: string, retries = 2): Promise<void> {
  try {
    const chats = await fetchChats(agent.id);
    if (opened?.conversation.chat !== chat) return;
    lists.draw(agent.id, chats, chat, Date.now());
    const title = chats.find(({ id }) => id === chat)?.title;
    document.title = [title, agent.name, "rig-edge"].filter(Boolean).join(" · ");
    if (title === undefined && retries > 0 && !isEmpty(opened.conversation.state)) {
      setTimeout(() => void drawChats(agent, chat, retries - 1), LIST_AGAIN);
    }
  } catch {
    // The list is a convenience: the next stored message draws it again.
  }
}

/** Opens what the address names; an address without a conversation gets a new one of its own. */
function openAddress(): void {
  const route = readRoute(location.hash);
  const agent = agents.find(({ id }) => id === route?.agent) ?? agents[0];
  if (agent === undefined) {
    strip.say("There is no agent yet: add one as agents/<id>/character.json.");
    return;
  }
  const chat = agent.id === route?.agent && route.chat !== null ? route.chat : newId();
  history.replaceState(null, "", writeRoute({ agent: agent.id, chat }));
  opened?.close();
  show(agent, chat);
  // On a touch screen the focus would open the keyboard over the conversation.
  if (!matchMedia("(pointer: coarse)").matches) writing.focus();
}

function newChat(): void {
  menu.close();
  if (opened !== null && !isEmpty(opened.conversation.state)) {
    location.hash = writeRoute({ agent: opened.conversation.agent, chat: newId() });
  }
  writing.focus();
}

function stop(): boolean {
  const isStopping = opened?.conversation.stop() ?? false;
  // The button is about to vanish, and the focus must not vanish with it.
  if (isStopping) writing.focus();
  return isStopping;
}

function forget(): void {
  if (confirm("Forget this conversation? What the agent knows about you stays."))
    opened?.conversation.forget();
  writing.focus();
}

async function loadAgents(): Promise<AgentView[]> {
  for (;;) {
    try {
      return await fetchAgents();
    } catch (error) {
      // `fetch` rejects with a TypeError when nobody answers.
      const reason =
        error instanceof Error && !(error instanceof TypeError)
          ? error.message
          : "The server does not answer.";
      strip.say(`${reason} Trying again…`);
      await new Promise((resolve) => setTimeout(resolve, LOAD_AGAIN));
    }
  }
}

window.addEventListener("hashchange", openAddress);
window.addEventListener("online", () => opened?.conversation.check());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") opened?.conversation.check();
});
byId("new-chat", HTMLButtonElement).addEventListener("click", newChat);
byId("new-chat-narrow", HTMLButtonElement).addEventListener("click", newChat);
byId("skip", HTMLAnchorElement).addEventListener("click", (event) => {
  // The fragment is this page's address; the link must not change it.
  event.preventDefault();
  writing.focus();
});
page.stop.addEventListener("click", stop);
page.forget.addEventListener("click", forget);
listenForShortcuts({
  newChat,
  escape: () => menu.close() || bar.closeNote() || stop(),
  write: () => writing.focus(),
});

openAddress();
