/** What there is to say of a bot's application: its secrets here, its intents, where it can be installed. */
import { gatewayIntents, INTENTS } from "../../shared/discord/intents.ts";
import type { DiscordSettings } from "../../shared/discord/settings.ts";
import { readPublicKeys } from "../../shared/interaction/signature.ts";
import { type Finding, ok, wrong } from "./finding.ts";

/** An application as Discord tells of it. */
export interface ApplicationFacts {
  id: string;
  name: string;
  /** 64 hexadecimal digits; not a secret. */
  publicKey: string;
  /** Bits of "Application Flags". */
  flags: number;
  endpointUrl: string | null;
  /** `null`: Discord does not say. */
  installations: readonly ("guild" | "user")[] | null;
}

/** GATEWAY_MESSAGE_CONTENT and GATEWAY_MESSAGE_CONTENT_LIMITED, which bots in fewer than 100 servers have. */
const MESSAGE_CONTENT_FLAGS = (1 << 18) | (1 << 19);

/** Where things of an application are set. */
const PORTAL = "Developer Portal";

/** The settings here that say something of the application. */
export interface ApplicationSettings {
  applicationId: string | undefined;
  publicKey: string | undefined;
}

export function applicationFindings(
  application: ApplicationFacts,
  configured: ApplicationSettings,
  settings: DiscordSettings,
): Finding[] {
  return [
    idFinding(application, configured),
    ...publicKeyFindings(application, configured),
    intentFinding(application, settings),
    ...installFindings(application, settings),
  ];
}

function idFinding({ id, name }: ApplicationFacts, { applicationId }: ApplicationSettings): Finding {
  if (applicationId === undefined || applicationId === id) return ok("application", `${name}, ${id}`);
  const says = `DISCORD_APPLICATION_ID is ${applicationId}, but the token is that of ${id}`;
  return wrong("application", says, "set the id and the token of one and the same application");
}

/** The key that counts is the Worker's, which its endpoint tells about; here is only what is set here. */
function publicKeyFindings(application: ApplicationFacts, { publicKey }: ApplicationSettings): Finding[] {
  if (publicKey === undefined) return [];
  const about = "public key";
  const todo = `set DISCORD_PUBLIC_KEY to ${application.publicKey}`;
  const keys = readPublicKeys(publicKey);
  if (keys === null) return [wrong(about, "DISCORD_PUBLIC_KEY is not 64 hexadecimal digits", todo)];
  const isIts = keys.some((key) => key.toLowerCase() === application.publicKey.toLowerCase());
  if (isIts) return [ok(about, "DISCORD_PUBLIC_KEY is the application's")];
  return [wrong(about, "DISCORD_PUBLIC_KEY is that of another application", todo)];
}

function intentFinding({ flags }: ApplicationFacts, settings: DiscordSettings): Finding {
  const about = "intents";
  if ((gatewayIntents(settings) & INTENTS.MESSAGE_CONTENT) === 0)
    return ok(about, "none that Discord has to allow is needed");
  if ((flags & MESSAGE_CONTENT_FLAGS) !== 0) return ok(about, "Message Content is switched on");
  return wrong(
    about,
    "Message Content is off: Discord will refuse the gateway (4014)",
    `${PORTAL} → Bot → Privileged Gateway Intents → Message Content Intent, or "trigger": "mention"`,
  );
}

const INSTALLATIONS = { guild: "Guild Install", user: "User Install" } as const;

function installFindings({ installations }: ApplicationFacts, { install }: DiscordSettings): Finding[] {
  if (installations === null) return [];
  const about = "installation";
  const missing = install.filter((each) => !installations.includes(each)).map((each) => INSTALLATIONS[each]);
  if (missing.length === 0) return [ok(about, install.map((each) => INSTALLATIONS[each]).join(", "))];
  const names = missing.join(" and ");
  return [
    wrong(
      about,
      `${names} is off, but the character has it in discord.install`,
      `${PORTAL} → Installation → ${names}`,
    ),
  ];
}
