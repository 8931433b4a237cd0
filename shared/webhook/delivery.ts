/** What of a delivery decides whether the agent hears of it. */
import type { WebhookSource } from "../character/sections/triggers.ts";
import { textAt } from "./field.ts";

/** A delivery whose sender is known to be who it says. */
export interface Delivery {
  /** GitHub's `X-GitHub-Event`; absent where another program delivers. */
  event?: string | undefined;
  payload: unknown;
}

/** Fields that filters look at. */
export type Filters = Pick<WebhookSource, "events" | "actions" | "repos" | "ignoreSenders">;

/** Why a delivery is left alone, in words for its sender's log; `undefined` when it is not. */
export function skipReason({ event, payload }: Delivery, filters: Filters): string | undefined {
  const action = textAt(payload, "action");
  const repo = textAt(payload, "repository.full_name");
  const sender = textAt(payload, "sender.login");
  const { events, actions, repos, ignoreSenders } = filters;
  if (ignoreSenders.some((login) => isSame(login, sender))) return `sender ${sender} is in ignoreSenders`;
  if (events.length > 0 && !events.some((name) => name === event || name === `${event}.${action}`))
    return `event ${nameOf(event)} is not in events`;
  if (actions.length > 0 && !actions.includes(action)) return `action ${nameOf(action)} is not in actions`;
  if (repos.length > 0 && !repos.some((name) => isRepo(name, repo)))
    return `repository ${nameOf(repo)} is not in repos`;
  return undefined;
}

function nameOf(value: string | undefined): string {
  return value || "(none)";
}

/** GitHub's names are the same in any case. */
function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function isRepo(pattern: string, repo: string): boolean {
  if (!pattern.endsWith("/*")) return isSame(pattern, repo);
  return isSame(pattern.slice(0, -1), repo.slice(0, pattern.length - 1));
}
