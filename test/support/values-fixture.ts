/** Values files of the original charts, by name. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Path of a file in test/support/values. */
export function valuesFixture(name: string): string {
  return fileURLToPath(new URL(`values/${name}`, import.meta.url));
}

/** Its text. */
export function readValuesFixture(name: string): string {
  return readFileSync(valuesFixture(name), "utf8");
}
