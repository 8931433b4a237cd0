import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { askSecretly } from "../../../cli/deploy/ask.ts";

async function answer(typed: string): Promise<{ answer: string; shown: string }> {
  const terminal = { input: new PassThrough(), output: new PassThrough() };
  const asked = askSecretly("ADMIN_TOKEN: ", terminal);
  terminal.input.write(typed);
  const given = await asked;
  terminal.output.end();
  return { answer: given, shown: await text(terminal.output) };
}

it("returns what was typed, and shows the question only", async () => {
  expect(await answer("open sesame\r")).toEqual({ answer: "open sesame", shown: "ADMIN_TOKEN: \n" });
});

it("understands backspace, and the blanks around a pasted secret", async () => {
  expect((await answer("  sesamf\u007fe \r")).answer).toBe("sesame");
});

it("takes Enter alone for no answer", async () => {
  expect((await answer("\r")).answer).toBe("");
});

it.each([
  ["Ctrl-C", "\u0003"],
  ["Ctrl-D", "\u0004"],
])("stops at %s", async (_, key) => {
  await expect(answer(key)).rejects.toMatchObject({ name: "DeployStopped", code: "secrets" });
});
