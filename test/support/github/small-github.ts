/**
 * A stand-in for GitHub: as much of its REST API as a rig needs, in memory, and webhooks signed as GitHub signs them. It is
 * a test double: it keeps no code, knows one branch that others start from, and merges what is approved, as a repository
 * with auto-merge does.
 *
 * What happens makes deliveries, which wait until {@link SmallGithub.deliver}: on GitHub they come a little later, too.
 */
import { createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import type { Server } from "node:http";
import { serve } from "@hono/node-server";
import { githubApi } from "./api.ts";
import { type Delivery, GithubRepository, type Issue } from "./repository.ts";

export interface SmallGithub {
  /** For `GITHUB_API_URL`; without a slash at the end. */
  readonly url: string;
  readonly repository: GithubRepository;
  /** Requests of the API so far, such as `dev-e: POST /repos/acme/shop/pulls`. */
  readonly requests: readonly string[];
  /** A person opens an issue. */
  openIssue(title: string, body: string): Issue;
  /** A person sets a label. */
  label(issue: Issue, label: string): void;
  /**
   * Sends what waits, oldest first.
   *
   * @returns what was sent, and what the receiver answered.
   */
  deliver(): Promise<{ event: string; to: string; status: number }[]>;
  close(): Promise<void>;
}

/** A webhook of the repository: GitHub's "Settings → Webhooks". */
export interface Webhook {
  url: string;
  secret: string;
  events: readonly string[];
}

/**
 * @param options.repo `owner/name`
 * @param options.logins who has which token: token → login
 */
export async function startSmallGithub(options: {
  repo: string;
  logins: ReadonlyMap<string, string>;
  webhooks: readonly Webhook[];
}): Promise<SmallGithub> {
  const waiting: Delivery[] = [];
  const requests: string[] = [];
  const repository = new GithubRepository(options.repo, (delivery) => waiting.push(delivery));
  const { fetch: answer } = githubApi({ repository, logins: options.logins, requests });
  const server = serve({ fetch: answer, port: 0, hostname: "127.0.0.1" }) as Server;
  if (!server.listening) await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the stand-in has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    repository,
    requests,
    openIssue: (title, body) => repository.openIssue(title, body),
    label: (issue, label) => repository.label(issue, label),
    async deliver() {
      const sent = [];
      for (const delivery of waiting.splice(0)) {
        const receivers = options.webhooks.filter(({ events }) => events.includes(delivery.event));
        for (const { url, secret } of receivers)
          sent.push({ event: delivery.event, to: url, status: await send(delivery, url, secret) });
      }
      return sent;
    },
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

/** GitHub Docs, "Validating webhook deliveries". */
async function send({ event, payload }: Delivery, url: string, secret: string): Promise<number> {
  const body = JSON.stringify(payload);
  const response = await fetch(url, {
    method: "POST",
    body,
    headers: {
      "content-type": "application/json",
      "x-github-event": event,
      "x-github-delivery": randomUUID(),
      "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
    },
  });
  await response.body?.cancel();
  return response.status;
}
