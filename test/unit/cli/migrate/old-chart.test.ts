import fc from "fast-check";
import { expect, it } from "vitest";
import { migrateValues } from "../../../../cli/migrate/old-chart.ts";
import { MigrationStopped } from "../../../../cli/migrate/stopped.ts";
import { isAgentId } from "../../../../shared/character/registry.ts";

const anything = fc.jsonValue({ maxDepth: 2 });

/** Fields that are right as often as wrong, so that some values get far. */
const often = <T>(right: T) => fc.oneof(fc.constant(right), anything);

const character = fc.record(
  {
    name: often("Dev-E"),
    bio: anything,
    personality: often("You look."),
    discord: often({ channels: ["#dev"] }),
    cron: often({ prompt: "Look.", schedule: "@daily" }),
    llm: anything,
    heartbeat: anything,
  },
  { requiredKeys: ["name"] },
);

const environment = [{ name: "A", valueFrom: { secretKeyRef: { name: "a", key: "b" } } }];

const values = fc.oneof(
  fc.record(
    {
      character: fc.oneof(character, anything),
      mode: often("single"),
      secrets: often({ existingSecret: "my-agent-secrets" }),
      cron: often({ enabled: true, schedule: "*/5 * * * *" }),
      extraEnv: often(environment),
      tunnel: anything,
      nodeSelector: often({ arch: "arm64" }),
    },
    { requiredKeys: ["character"] },
  ),
  fc.record({
    agents: fc.dictionary(
      fc.string(),
      fc.record({ command: often("codex"), discord: anything, env: anything }, { requiredKeys: [] }),
    ),
  }),
  fc.record({ agent: often({ preset: "kiro" }), discord: often({ botToken: "a", allowedChannels: ["b"] }) }),
);

it("makes of any values agents that load, or says what is wrong with them", () => {
  let migrated = 0;
  fc.assert(
    fc.property(values, (json) => {
      try {
        for (const { id, character } of migrateValues(json, undefined)) {
          migrated += 1;
          expect(isAgentId(id)).toBe(true);
          expect(character.name).not.toBe("");
        }
      } catch (error) {
        if (!(error instanceof MigrationStopped)) throw error;
        expect(error.message).toMatch(/expected|no id can be made/);
      }
    }),
    { numRuns: 300 },
  );
  expect(migrated).toBeGreaterThan(0);
});
