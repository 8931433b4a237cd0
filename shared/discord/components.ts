/** {@link Control}s as Discord's message components. */
import type {
  APIActionRowComponent,
  APIComponentInMessageActionRow,
  RESTPostAPIChannelMessageJSONBody,
} from "discord-api-types/v10";
import * as z from "zod";
import type { Control, ControlRow } from "./controls.ts";

/** What a message carries under its text. */
export type MessageComponents = NonNullable<RESTPostAPIChannelMessageJSONBody["components"]>;

/** Discord, "Component Reference": component types and button styles. */
const TYPE = { row: 1, button: 2, select: 3 } as const;
const STYLE = { primary: 1, secondary: 2, success: 3, danger: 4 } as const;

/** @param rows at most `MAX_ROWS`. */
export function componentsOf(rows: readonly ControlRow[]): MessageComponents {
  return rows.map(
    (row): APIActionRowComponent<APIComponentInMessageActionRow> => ({
      type: TYPE.row,
      components: row.map(component),
    }),
  );
}

function component(control: Control): APIComponentInMessageActionRow {
  switch (control.kind) {
    case "button": {
      const { id, label, style } = control;
      return { type: TYPE.button, style: STYLE[style], label, custom_id: id };
    }
    case "select": {
      const { id, placeholder, options } = control;
      const choices = options.map(({ label, value, isDefault }) => ({
        ...{ label, value },
        ...(isDefault && { default: true }),
      }));
      return { type: TYPE.select, custom_id: id, placeholder, options: choices };
    }
    default:
      return control satisfies never;
  }
}

/** The custom ids of controls, in their order; they say all that tells controls apart. */
export function controlIds(rows: readonly ControlRow[]): string[] {
  return rows.flatMap((row) => row.map(({ id }) => id));
}

const shownRow = z.object({ components: z.array(z.object({ custom_id: z.string() })) });

/** {@link controlIds} of what stands under a message of Discord's. */
export function shownControlIds(components: readonly unknown[]): string[] {
  return components.flatMap((row) => {
    const reading = shownRow.safeParse(row);
    return reading.success ? reading.data.components.map(({ custom_id }) => custom_id) : [];
  });
}
