import { describe, expect, it } from "vitest";
import { runCommands } from "../../../cli/commands.ts";
import { startSetting } from "../support-discord/setting.ts";
import { commandIo } from "./discord-io.ts";

const translate = {
  name: "translate",
  description: "Translates a text.",
  prompt: "Translate {{text}}",
  options: [{ name: "text", description: "What to translate.", type: "string", required: true }],
};

type Setting = Awaited<ReturnType<typeof startSetting>>;

/** Runs `rig commands` on `dev-e`, with `fields` in its character. */
async function run({ discord }: Setting, argv: string[], fields?: Record<string, unknown>) {
  const { io, written } = commandIo(discord, fields);
  const code = await runCommands(argv, io);
  return { code, ...written };
}

const sync = (setting: Setting, fields?: Record<string, unknown>, ...options: string[]) =>
  run(setting, ["sync", "dev-e", ...options], fields);

const puts = ({ discord }: Setting) => discord.requests.filter(({ method }) => method === "PUT");

describe("rig commands sync", () => {
  it("registers everything, as Discord's specification wants it, and finds nothing to do afterwards", async () => {
    const setting = await startSetting();
    const first = await sync(setting, { commands: [translate] });
    expect(first).toMatchObject({ code: 0, errors: "" });
    expect(first.output).toMatch(/^dev-e: application \d+, everywhere\n {2}\+ \/ask\n/);
    expect(first.output).toContain("  + Ask Dev-E (message)\n  + /translate\nRegistered 12 commands.\n");
    expect(setting.world.commands()).toHaveLength(12);

    const second = await sync(setting, { commands: [translate] });
    expect(second).toMatchObject({ code: 0, errors: "" });
    expect(second.output).toMatch(/\nNothing to do: all 12 commands are registered\.\n$/);
    expect(puts(setting)).toHaveLength(1);
    expect(setting.discord.violations).toEqual([]);
  });

  it("shows each field that has changed, what came and what goes", async () => {
    const setting = await startSetting();
    await sync(setting, { commands: [translate] });
    const { output } = await sync(setting, {
      commands: [
        {
          ...translate,
          prompt: "Translate {{text}} to {{to}}",
          description: "Translates.",
          options: [
            ...translate.options,
            {
              name: "to",
              description: "Language.",
              type: "string",
              choices: [{ name: "Norwegian", value: "no" }],
            },
          ],
        },
        { name: "Explain this", type: "message", prompt: "Explain {{message}}" },
      ],
    });
    expect(output).toContain("  + Explain this (message)\n  ~ /translate\n");
    expect(output).toContain('      description: "Translates a text." → "Translates."\n');
    expect(output).toContain("      options: (none) → text, to\n");
    expect(output).toContain("      options.to: (none) → (an option)\n");
    expect(output).toContain("    11 unchanged\n");
    const removed = await sync(setting);
    expect(removed.output).toContain("  - /translate\n  - Explain this (message)\n");
    expect(setting.world.commands()).toHaveLength(11);
  });

  it("changes nothing in a dry run", async () => {
    const setting = await startSetting();
    const { code, output } = await sync(setting, {}, "--dry-run");
    expect(code).toBe(0);
    expect(output).toMatch(/\n {2}\+ \/ask\n/);
    expect(output).toMatch(/\nNothing was changed; without --dry-run: 11 to add\.\n$/);
    expect(setting.world.commands()).toEqual([]);
    expect(puts(setting)).toEqual([]);
  });

  it("registers on one server alone, beside what is everywhere", async () => {
    const setting = await startSetting();
    const { output } = await sync(setting, {}, "--guild", setting.guild.id);
    expect(output).toContain(`, server ${setting.guild.id}\n`);
    expect(setting.world.commands(setting.guild.id)).toHaveLength(11);
    expect(setting.world.commands()).toEqual([]);
    const again = await sync(setting, {}, "--guild", setting.guild.id);
    expect(again.output).toContain("Nothing to do");
    expect(setting.discord.violations).toEqual([]);
  });

  it("keeps the entry point that Discord has made for an Activity", async () => {
    const setting = await startSetting();
    const [launch] = setting.world.setCommands([
      { type: 4, name: "launch", description: "Launch", handler: 2, name_localizations: { de: "starten" } },
    ]);
    const { code, output } = await sync(setting);
    expect(code).toBe(0);
    expect(output).toContain("    launch: the entry point of an Activity, kept\n");
    expect(setting.world.commands()).toHaveLength(12);
    expect(setting.world.commands()).toContainEqual(launch);
    expect((await sync(setting)).output).toContain("Nothing to do: all 11 commands");
    expect(setting.discord.violations).toEqual([]);
  });

  it("says what to do about a token that Discord refuses, and never shows it", async () => {
    const { discord } = await startSetting();
    const { io, written } = commandIo(discord, {}, { DISCORD_BOT_TOKEN: "wrong-token" });
    expect(await runCommands(["sync", "dev-e"], io)).toBe(1);
    expect(written.errors).toContain("Discord refuses the bot token");
    expect(written.errors).not.toContain("wrong-token");
    expect(written.output).toBe("");
  });

  it("says what to do about a server that Discord does not know", async () => {
    const { code, errors } = await sync(await startSetting(), {}, "--guild", "1088510058284990888");
    expect(code).toBe(1);
    expect(errors).toContain("check DISCORD_APPLICATION_ID and --guild");
  });

  it("says which answer it could not read, and changes nothing", async () => {
    const setting = await startSetting();
    const matching = { method: "GET", pattern: "/commands$" };
    setting.discord.faults.rest({ kind: "answer", status: 200, body: '[{"name":7}]', matching });
    const { code, errors } = await run(setting, ["sync", "dev-e"]);
    expect(code).toBe(1);
    expect(errors).toContain("an answer without what is needed: 0.name");
    expect(setting.discord.requests.map(({ method }) => method)).not.toContain("PUT");
  });

  it("names the variables that may hold the token where none does", async () => {
    const { discord } = await startSetting();
    const { io, written } = commandIo(discord, {}, {});
    expect(await runCommands(["sync", "dev-e"], io)).toBe(1);
    expect(written.errors).toBe(
      "Set DEV_E__DISCORD_BOT_TOKEN or DISCORD_BOT_TOKEN to the token of the agent's bot.\n",
    );
  });

  it.each([
    [[]],
    [["sync"]],
    [["register", "dev-e"]],
    [["sync", "dev-e", "rev-e"]],
    [["sync", "dev-e", "--guild", "home"]],
    [["sync", "dev-e", "--force"]],
  ])("tells how it is used when called as %j", async (argv) => {
    const setting = await startSetting();
    const { code, errors } = await run(setting, argv);
    expect(code).toBe(2);
    expect(errors).toMatch(/^Usage: rig commands sync <agent>/);
    expect(setting.discord.requests).toEqual([]);
  });

  it("names the agents there are where it is asked for another", async () => {
    const { code, errors } = await run(await startSetting(), ["sync", "rev-e"]);
    expect(code).toBe(2);
    expect(errors).toBe('There is no agent "rev-e". Agents: dev-e.\n');
  });
});
