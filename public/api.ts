/** The playground's HTTP API, of the same deployment as this page. */
import type { ProviderView } from "../shared/chat/protocol.ts";

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

/** Where a conversation's WebSocket is. */
export function socketUrl(agent: string, chat: string): string {
  const url = new URL(`/agents/${agent}/chats/${chat}/socket`, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

async function get<T>(path: string): Promise<T> {
  const response = await fetch(path, { headers: { accept: "application/json" } });
  if (response.status === 401) {
    location.assign(`/login${location.hash}`);
    // The page is on its way out; nothing that waits for this answer may go on.
    return new Promise(() => {});
  }
  const body = await response.json();
  if (!response.ok) throw new Error(body?.error?.message ?? `${path} answered ${response.status}`);
  return body;
}
