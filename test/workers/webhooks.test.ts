import { env } from "cloudflare:workers";
import examples from "@octokit/webhooks-examples";
import { describe, expect, it } from "vitest";
import { hmacHex } from "./hmac.ts";
import { anonymous } from "./support.ts";

interface Post {
  path?: string;
  secret?: string;
  headers?: Record<string, string>;
  /** Changes the body after it was signed. */
  tamper?: (body: string) => string;
}

const samples = examples.flatMap(({ name, examples: payloads }) =>
  payloads.map((payload, index) => ({
    event: name as string,
    payload: payload as unknown,
    id: `${name}-${index}`,
  })),
);

/** A delivery as GitHub makes it. */
async function post(body: string, { path = "/agents/hooked/webhook/github", ...options }: Post = {}) {
  const { secret = "github-secret", headers = {}, tamper = (text) => text } = options;
  return anonymous(path, {
    method: "POST",
    body: tamper(body),
    headers: {
      "Content-Type": "application/json",
      "X-Hub-Signature-256": `sha256=${await hmacHex(body, secret)}`,
      ...headers,
    },
  });
}

function github(event: string, delivery: string): Record<string, string> {
  return { "X-GitHub-Event": event, "X-GitHub-Delivery": delivery };
}

/** What the agent is asked about a delivery. */
async function promptOf(source: string, delivery: string): Promise<string | undefined> {
  const session = env.CHANNEL_SESSION.getByName(`hooked/webhook:${source}`);
  return (await session.turnOf(`webhook:${source}:${delivery}`))?.text;
}

async function errorOf(response: Response) {
  return {
    status: response.status,
    ...(await response.json<{ error: { code: string; message: string } }>()).error,
  };
}

describe("GitHub's own payloads", () => {
  it("all go through the door with a right signature, each as one paragraph", async () => {
    expect(samples).toHaveLength(329);
    for (const { event, payload, id } of samples) {
      const response = await post(JSON.stringify(payload), { headers: github(event, id) });
      const answer = await response.json();
      if (event === "ping") {
        expect(response.status, id).toBe(200);
        expect(answer, id).toEqual({ pong: true });
        continue;
      }
      expect(response.status, `${id} ${JSON.stringify(answer)}`).toBe(202);
      expect(answer, id).toMatchObject({ id: `webhook:github:${id}`, duplicate: false });
      expect(await promptOf("github", id), id).toMatch(
        /^Webhook github: <data>[^\n]+\.<\/data>\n\n\([^\n]+\)$/,
      );
    }
  }, 120_000);

  it("are all refused with one byte changed", async () => {
    const tamper = (body: string) => body.replace(/[a-z]/, (letter) => (letter === "a" ? "b" : "a"));
    for (const { event, payload, id } of samples) {
      const response = await post(JSON.stringify(payload), { headers: github(event, `t-${id}`), tamper });
      expect(response.status, id).toBe(401);
      await response.body?.cancel();
    }
    expect(await promptOf("github", "t-issues-0")).toBeUndefined();
  }, 120_000);
});

describe("a delivery", () => {
  const issue = JSON.stringify({
    action: "opened",
    issue: { number: 1, title: "It leaks" },
    sender: { login: "ann" },
  });

  it("is taken once, however often it comes", async () => {
    const headers = github("issues", "the-same");
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(issue, { headers })));
    const told = await Promise.all(
      answers.map((response) => response.json<{ duplicate: boolean; turn: string }>()),
    );
    expect(told.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(new Set(told.map(({ turn }) => turn)).size).toBe(1);
  });

  it("may come as a form, as GitHub's older setting has it", async () => {
    const body = new URLSearchParams({ payload: issue }).toString();
    const headers = { ...github("issues", "form"), "Content-Type": "application/x-www-form-urlencoded" };
    expect((await post(body, { headers })).status).toBe(202);
    expect(await promptOf("github", "form")).toContain("ann opened issue #1 “It leaks”");
  });

  it("may come to the original's address where one agent alone has the source", async () => {
    const headers = github("issues", "original");
    expect((await post(issue, { path: "/webhook/github", headers })).status).toBe(202);
  });

  it("is skipped, and told why, when a filter says so", async () => {
    const path = "/agents/hooked/webhook/filtered";
    const skipped = await post(issue, { path, headers: github("push", "f1") });
    expect(skipped.status).toBe(200);
    expect(await skipped.json()).toEqual({ skipped: "event push is not in events" });
    const own = JSON.stringify({ action: "opened", sender: { login: "Dev-E[bot]" } });
    const bot = await post(own, { path, headers: github("issues", "f2") });
    expect(await bot.json()).toEqual({ skipped: "sender Dev-E[bot] is in ignoreSenders" });
    expect((await post(issue, { path, headers: github("issues", "f3") })).status).toBe(202);
  });
});

describe("another program's webhook", () => {
  const path = "/agents/hooked/webhook/alerts";
  const alert = JSON.stringify({ alert: { name: "disk full" } });

  it("has its own headers and its own prompt", async () => {
    const headers = { "X-Signature": await hmacHex(alert, "alert-secret"), "X-Alert-Id": "a1" };
    expect((await post(alert, { path, headers })).status).toBe(202);
    expect(await promptOf("alerts", "a1")).toMatch(/^Alert <data>disk full<\/data>\. What now\?\n/);
    expect(await (await post(alert, { path, headers })).json()).toMatchObject({ duplicate: true });
    expect((await post(alert, { path, headers: { "X-Alert-Id": "a2" } })).status).toBe(401);
  });

  it("without an id is known by what is in it", async () => {
    const post2 = (body: string) =>
      post(body, { path: "/agents/hooked/webhook/anonymous", secret: "alert-secret" });
    const [first, again, other] = [await post2(alert), await post2(alert), await post2(`${alert} `)];
    expect(await first.json()).toMatchObject({ duplicate: false });
    expect(await again.json()).toMatchObject({ duplicate: true });
    expect(await other.json()).toMatchObject({ duplicate: false });
  });
});

describe("the door", () => {
  it("is shut without a secret, unless it is said to be open", async () => {
    const bare = await errorOf(await post("{}", { path: "/agents/hooked/webhook/bare" }));
    expect(bare).toMatchObject({ status: 503, code: "webhook_secret_missing" });
    const unset = await errorOf(await post("{}", { path: "/agents/hooked/webhook/unset" }));
    expect(unset).toMatchObject({ status: 503, message: expect.stringContaining("NEVER_SET") });
    const open = await anonymous("/agents/hooked/webhook/open", {
      method: "POST",
      body: "{}",
      headers: { "Content-Type": "application/json" },
    });
    expect(open.status).toBe(202);
  });

  it.each([
    ["another secret", { secret: "guessed" }, 401, "bad_signature"],
    ["no signature", { headers: { "X-Hub-Signature-256": "" } }, 401, "bad_signature"],
    ["a source that is not there", { path: "/agents/hooked/webhook/gitlab" }, 404, "unknown_webhook"],
    [
      "a prototype's name for a source",
      { path: "/agents/hooked/webhook/constructor" },
      404,
      "unknown_webhook",
    ],
    ["an agent that is not there", { path: "/agents/nobody/webhook/github" }, 404, "unknown_webhook"],
    ["an agent that is broken", { path: "/agents/broken/webhook/github" }, 404, "unknown_webhook"],
    ["another content type", { headers: { "Content-Type": "text/plain" } }, 415, "unsupported_media_type"],
  ])("refuses %s", async (_, options: Post, status, code) => {
    expect(await errorOf(await post("{}", options))).toMatchObject({ status, code });
  });

  it("refuses what is no JSON, no UTF-8, or too large", async () => {
    expect(await errorOf(await post("{"))).toMatchObject({ status: 400, code: "invalid_json" });
    const form = { "Content-Type": "application/x-www-form-urlencoded" };
    expect(await errorOf(await post("a=b", { headers: form }))).toMatchObject({
      status: 400,
      code: "invalid_json",
    });
    const large = JSON.stringify({ text: "x".repeat(5 * 1024 * 1024) });
    expect(await errorOf(await post(large))).toMatchObject({ status: 413, code: "body_too_large" });
    const medium = JSON.stringify({ text: "x".repeat(2 * 1024 * 1024) });
    expect((await post(medium, { headers: github("push", "medium") })).status).toBe(202);
  });

  it("takes nothing but POST, and opens no other door", async () => {
    expect((await anonymous("/webhook/github")).status).toBe(405);
    expect((await anonymous("/agents/hooked")).status).toBe(401);
    expect((await anonymous("/agents/hooked/webhook/github")).status).toBe(401);
  });
});
