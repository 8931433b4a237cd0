import { describe, expect, it } from "vitest";
import { createDemoProvider, DEMO_SIGNATURE } from "../../../shared/llm/demo.ts";
import type { ModelMessage, ModelResult, ToolDefinition } from "../../../shared/llm/provider.ts";
import { answered, requestOf, run } from "./call.ts";

const demo = createDemoProvider({ sleep: async () => {} });

const tools: ToolDefinition[] = ["get_issues", "get_known", "get_branch", "post_events", "post_branches"].map(
  (name) => ({ name, description: name, inputSchema: { type: "object", properties: {} } }),
);

const system = [
  "You coordinate.",
  "",
  "# Background knowledge",
  "- Nothing is urgent.",
  '- When asked "Look at {owner}/{repo}":',
  '- 1. call get_issues with {"query": {"repo": "{owner}/{repo}"}}',
  "- 2. call get_known with {}",
  '- 3. for each of 1.items whose number is not an issueNumber of 2, call post_events with {"body": {"number": "{item.number}", "title": "New: {item.title}"}}',
  "- 4. if 3 did nothing, say [quiet]",
  "- 5. say {count.3} new in {repo}, {1.total} in all.",
  '- When asked "Work on #{issue}":',
  "- 1. call `get_branch` with {}",
  '- 2. call post_branches with {"body": {"sha": "{1.object.sha}"}}',
  '- 3. call post_branches with {"body": {"name": "issue-{issue}"}}',
].join("\n");

/** Every round until the answer; each tool gives back what `answers` has for it. */
async function play(text: string, answers: Readonly<Record<string, string>>, failing?: string) {
  const messages: ModelMessage[] = [{ role: "user", text }];
  const rounds: [name: string, input: unknown][][] = [];
  for (;;) {
    const { result } = await run(
      demo,
      requestOf(messages, { system: { stable: system, varying: "" }, tools }),
    );
    if (result.toolCalls.length === 0) return { rounds, said: result.text };
    rounds.push(result.toolCalls.map(({ name, input }) => [name, input]));
    messages.push(...told(result, answers, failing));
  }
}

function told(
  result: ModelResult,
  answers: Readonly<Record<string, string>>,
  failing: string | undefined,
): ModelMessage[] {
  const contents = result.toolCalls.map(({ name }) => answers[name] ?? "");
  return answered(result, contents).map((message) =>
    message.role === "tool"
      ? { ...message, results: message.results.map((it) => ({ ...it, isError: it.name === failing })) }
      : message,
  );
}

const twoIssues = '{"total": 2, "items": [{"number": 1, "title": "A"}, {"number": 2, "title": "B"}]}';

describe("a playbook in the demo model's prompt", () => {
  it("is followed step by step: what only reads at once, a list item by item, without those known already", async () => {
    const known = '[{"issueNumber": 2}]';
    const { rounds, said } = await play("Look at <data>acme</data>/<data>shop</data>, please.", {
      get_issues: twoIssues,
      get_known: known,
    });
    expect(rounds).toEqual([
      [
        ["get_issues", { query: { repo: "acme/shop" } }],
        ["get_known", {}],
      ],
      [["post_events", { body: { number: 1, title: "New: A" } }]],
    ]);
    expect(said).toBe(`1 new in shop, 2 in all.\n\n${DEMO_SIGNATURE}`);
  });

  it("says nothing but [quiet] when there was nothing to do", async () => {
    const known = '[{"issueNumber": 1}, {"issueNumber": 2}]';
    const { rounds, said } = await play("Look at acme/shop", { get_issues: twoIssues, get_known: known });
    expect(rounds).toHaveLength(1);
    expect(said).toBe("[quiet]");
  });

  it("makes changes one after another, with what came before", async () => {
    const { rounds } = await play("Work on #12: title", { get_branch: '{"object": {"sha": "abc"}}' });
    expect(rounds).toEqual([
      [["get_branch", {}]],
      [["post_branches", { body: { sha: "abc" } }]],
      [["post_branches", { body: { name: "issue-12" } }]],
    ]);
  });

  it("stops at the call that fails, and says so", async () => {
    const answers = { get_branch: '{"object": {"sha": "abc"}}', post_branches: "it is there" };
    const { rounds, said } = await play("Work on #12", answers, "post_branches");
    expect(rounds).toHaveLength(2);
    expect(said).toContain("I stopped at step 2.");
    expect(said).toContain("it is there");
  });

  it("stops where an answer lacks what a step needs", async () => {
    const { rounds, said } = await play("Work on #12", { get_branch: "{}" });
    expect(rounds).toHaveLength(1);
    expect(said).toContain("I stopped at step 2: I do not know 1.object.sha.");
  });

  it("is for the messages that begin as it says, and for no other", async () => {
    const { rounds, said } = await play("What about: Work on #12", {});
    expect(rounds).toEqual([]);
    expect(said).toContain("Hello!");
  });

  it("makes no call when none is allowed any more", async () => {
    const request = requestOf([{ role: "user", text: "Work on #12" }], {
      system: { stable: system, varying: "" },
      tools,
      toolChoice: "none",
    });
    const { result } = await run(demo, request);
    expect(result.toolCalls).toEqual([]);
    expect(result.text).toContain("I stopped before step 1");
  });
});
