/** What becomes of an agent of an old chart. Plain data: nothing is written yet. */
import type { Character } from "../../shared/character/schema.ts";
import type { JsonObject } from "./values-file.ts";

/** Where the value of a secret is found. */
export type SecretSource =
  /** In a Secret of the cluster. `unsure`: whether it has the key cannot be seen in the values. */
  | { kind: "cluster"; secret: string; key: string; unsure: boolean }
  /** With a person; `where` in the values it stands, if it stands there. */
  | { kind: "person"; where: string | undefined };

/** A secret that the Worker needs, and that the old chart had. */
export interface MovedSecret {
  /** Without the agent's prefix, such as `DISCORD_BOT_TOKEN`. */
  name: string;
  source: SecretSource;
}

/** Something in the values that is not carried over. */
export interface Leftover {
  /** Where it stands in the values, such as `redis`. */
  path: string;
  reason: string;
}

/** What the chart of the gateway needs to know of an agent. */
export interface GatewayEntry {
  /** Secret of the cluster with the keys `discord-bot-token` and `bridge-secret`. */
  existingSecret: string;
  /** Whether that Secret is one of the old chart's, with the bot's token in it. */
  isThere: boolean;
  /** Where pods may run: fields that mean the same in the old chart and in the new one. */
  scheduling: JsonObject;
}

/** An agent of an old chart in its new form. */
export interface MigratedAgent {
  id: string;
  /** Content of its `character.json`. */
  json: JsonObject;
  /** The same as the project reads it. */
  character: Character;
  secrets: readonly MovedSecret[];
  /** `null`: the agent is not in Discord. */
  gateway: GatewayEntry | null;
  leftovers: readonly Leftover[];
  /** What was decided for the user, and what he may want to change. */
  remarks: readonly string[];
}
