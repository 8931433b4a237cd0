/** The playground's HTTP API, of the same deployment as this page. */
import type { ProviderView } from "../shared/chat/protocol.ts";
import type { SpendView } from "../shared/usage/spend.ts";

export interface AgentView {
  id: string;
  name: string;
  bio: string;
  provider: ProviderView;
  tools: { name: string; description: string }[];
  /** What a person should know about this agent's configuration. */
  warnings: string[];
}

export interface ChatSummary {
  id: string;
  title: string;
  /** Unix time in milliseconds. */
  updatedAt: number;
}

/** The agents of this deployment. */
export async function fetchAgents(): Promise<AgentView[]> {
  return (await get<{ agents: AgentView[] }>("/agents")).agents;
}

/** An agent's conversations, newest first. */
export async function fetchChats(agent: string): Promise<ChatSummary[]> {
  return (await get<{ chats: ChatSummary[] }>(`/agents/${agent}/chats`)).chats;
}

/** The providers a person may switch an agent between. */
export interface ProviderChoices {
  /** The name of the one that answers. */
  active: string;
  providers: ProviderView[];
}

export async function fetchProviders(agent: string): Promise<ProviderChoices> {
  return get(`/agents/${agent}/provider`);
}

/** Switches by hand. @throws Error with a sentence for the operator when that provider cannot be had. */
export async function switchProvider(agent: string, provider: string): Promise<ProviderChoices> {
  const headers = { "content-type": "application/json" };
  return get(`/agents/${agent}/provider`, { method: "PUT", body: JSON.stringify({ provider }), headers });
}

/** What an agent has spent. */
export async function fetchSpend(agent: string): Promise<SpendView> {
  return get(`/agents/${agent}/spend`);
}

/** Where a conversation's WebSocket is. */
export function socketUrl(agent: string, chat: string): string {
  const url = new URL(`/agents/${agent}/chats/${chat}/socket`, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

async function get<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(path, { ...init, headers: { accept: "application/json", ...init.headers } });
  if (response.status === 401) {
    location.assign(`/login${location.hash}`);
    // The page is on its way out; nothing that waits for this answer may go on.
    return new Promise(() => {});
  }
  const body = await response.json();
  if (!response.ok) throw new Error(body?.error?.message ?? `${path} answered ${response.status}`);
  return body;
}
