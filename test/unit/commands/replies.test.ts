import { describe, expect, it } from "vitest";
import type { ProviderView } from "../../../shared/chat/protocol.ts";
import { cronReply } from "../../../shared/commands/cron-reply.ts";
import { spendLine, spendReply } from "../../../shared/commands/spend-reply.ts";
import { statusReply } from "../../../shared/commands/status-reply.ts";
import { countStates } from "../../../shared/conductor/overview.ts";
import { inCode } from "../../../shared/discord/in-code.ts";
import type { PeriodSpend } from "../../../shared/usage/spend.ts";

const period = (fields: Partial<PeriodSpend> = {}): PeriodSpend => ({
  ...{ usd: 0, assumedUsd: 0, calls: 0, unpricedCalls: 0, ceilingUsd: null, resetsAt: "" },
  ...fields,
});
const spend = {
  day: period({ usd: 0.0042, calls: 1 }),
  month: period({ usd: 3.5, calls: 90, ceilingUsd: 50 }),
};
const provider: ProviderView = {
  ...{ name: "anthropic", model: "claude-sonnet-5-5", demo: false, ready: true, note: null },
};

describe("/status", () => {
  it("tells who answers, what was spent, and how the rig is", () => {
    const agents = [
      { agentId: "dev-e", status: "working", working: "acme/shop#7", activeProvider: "anthropic" },
      { agentId: "review-e", status: "offline", working: null, activeProvider: null },
      { agentId: "late-e", status: "stuck", working: null, activeProvider: null },
    ];
    const rig = { agents, issues: countStates(["queued", "queued", "in_review"]) };
    expect(statusReply({ name: "Dev-E", provider, spend, rig })).toBe(
      [
        "**Dev-E** is answered by `claude-sonnet-5-5` (anthropic).",
        "- Spent today $0.0042 · this month $3.50 of $50.00",
        "",
        "**Rig**",
        "- 🟢 `dev-e` working · on acme/shop#7 · anthropic",
        "- 🔴 `review-e` offline",
        "- 🟠 `late-e` stuck",
        "- Issues: 2 queued · 1 in review",
      ].join("\n"),
    );
  });

  it("says what is unknown, and what keeps the agent from answering", () => {
    const note = "The provider anthropic has no key: set the secret ANTHROPIC_API_KEY.";
    const status = { name: "Dev-E", provider: { ...provider, ready: false, note }, spend: null, rig: null };
    expect(statusReply(status)).toBe(
      [
        `**Dev-E** cannot answer: ${note}`,
        "- What was spent cannot be told right now.",
        "- The conductor cannot be reached right now.",
      ].join("\n"),
    );
  });

  it("lists no more agents than a person reads", () => {
    const agents = Array.from({ length: 25 }, (_, n) => ({
      ...{ agentId: `agent-${n}`, status: "idle", working: null, activeProvider: null },
    }));
    const text = statusReply({ name: "E", provider, spend, rig: { agents, issues: countStates([]) } });
    expect(text).toContain("`agent-19`");
    expect(text).not.toContain("`agent-20`");
    expect(text).toMatch(/… and 5 more\n- No issues\.$/);
  });
});

describe("/cost", () => {
  it("tells calls and ceilings, and what is assumed", () => {
    expect(spendReply("Dev-E", spend)).toBe(
      "**What Dev-E has spent**\n- Today: $0.0042 · 1 model call\n- This month: $3.50 of $50.00 · 90 model calls",
    );
    const day = period({ usd: 1, assumedUsd: 0.5, calls: 2, unpricedCalls: 1 });
    expect(spendLine({ day, month: day })).toBe("Spent today about $1.00 · this month about $1.00");
    expect(spendReply("E", { day, month: day })).toMatch(
      /2 model calls, 1 of unknown price\n.*\n- There is no ceiling\.$/s,
    );
  });
});

describe("/cron list", () => {
  it("tells when each job runs next, and how its last run ended", () => {
    const job = { id: "daily", schedule: "0 9 * * *", timezone: "UTC", suspend: false };
    const runs = [{ state: "failed", scheduledAt: 1 } as const];
    const jobs = [
      { ...job, nextRunAt: 45 * 60_000, runs },
      { ...job, id: "later", nextRunAt: 30 * 3_600_000, runs: [] },
      { ...job, id: "off", suspend: true, nextRunAt: null, runs: [] },
      { ...job, id: "hand", schedule: null, nextRunAt: null, runs: [] },
    ];
    expect(cronReply(jobs, 0)).toBe(
      [
        "**Scheduled prompts**",
        "- `daily` `0 9 * * *` UTC · next in 45 min · last failed",
        "- `later` `0 9 * * *` UTC · next in 30 h",
        "- `off` `0 9 * * *` UTC · suspended",
        "- `hand` by hand",
      ].join("\n"),
    );
  });
});

it("lets nothing out of a line of code", () => {
  expect(inCode("a`b\n@everyone")).toBe("`a'b @everyone`");
});
