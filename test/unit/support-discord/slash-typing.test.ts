import { expect, it } from "vitest";
import { offerFor } from "../../support/discord/client/completions.ts";
import { readSlash, slashCommands } from "../../support/discord/client/slash-command.ts";
import { CommandBook } from "../../support/discord/interactions/commands.ts";

const book = new CommandBook("1", () => "2");
const option = (type: number, name: string, rest: object = {}) => ({
  type,
  name,
  description: name,
  ...rest,
});
const commands = slashCommands(
  book.overwrite([
    {
      name: "ask",
      description: "Ask something",
      options: [option(3, "prompt"), option(11, "file"), option(5, "private"), option(6, "whom")],
    },
    { name: "status", description: "How it is" },
    {
      name: "memory",
      description: "Memory",
      options: [
        option(1, "list"),
        option(1, "forget", { options: [option(3, "fact", { required: true, autocomplete: true })] }),
      ],
    },
    {
      name: "roll",
      description: "Roll",
      options: [
        option(4, "sides", {
          choices: [
            { name: "six", value: 6 },
            { name: "twenty", value: 20 },
          ],
        }),
      ],
    },
    { type: 3, name: "Ask rig" },
  ] as Parameters<CommandBook["overwrite"]>[0]),
);
const idOf = (name: string) => ({ sam: "77" })[name];

it.each([
  ["/status", "status", {}],
  ["/ask", "ask", {}],
  ["/ask what is new?", "ask", { prompt: "what is new?" }],
  ["/ask prompt:at 10:30: why\nnot private:True", "ask", { prompt: "at 10:30: why\nnot", private: true }],
  ["/ask file: a.txt, what is it? whom:@sam", "ask", { prompt: "file: a.txt, what is it?", whom: "77" }],
  ["/memory forget fact:12", "memory forget", { fact: "12" }],
  ["/roll sides:twenty", "roll", { sides: 20 }],
])("reads %j as a call", (text, name, values) => {
  expect(readSlash(text, commands, idOf)).toEqual({ kind: "call", call: { name, values } });
});

it.each(["hello", "/", "/etc/hosts", "/statusquo", "say /status"])("leaves %j a message", (text) => {
  expect(readSlash(text, commands, idOf)).toEqual({ kind: "message" });
});

it.each([
  ["/memory", "Expected one of /memory list, /memory forget."],
  ["/status now", "/status does not take “now”."],
  ["/ask private:perhaps", "private must be true or false."],
  ["/ask whom:nobody", "whom must be the name or id of somebody or something here."],
  ["/roll sides:3", "sides must be one of six, twenty."],
])("says what is wrong with %j", (text, problem) => {
  expect(readSlash(text, commands, idOf)).toEqual({ kind: "problem", problem });
});

it.each([
  ["/", true, ["/ask ", "/status", "/memory list", "/memory forget ", "/roll "]],
  ["/me", true, ["/memory list", "/memory forget "]],
  ["/status", false, []],
  ["/ask ", false, ["/ask prompt:", "/ask private:", "/ask whom:"]],
  ["/ask prompt:why pr", false, ["/ask prompt:why private:"]],
  ["/ask prompt:why ", false, []],
  ["/ask why private:t", false, ["/ask prompt:why private:true"]],
  ["/roll ", false, ["/roll sides:six", "/roll sides:twenty"]],
  ["hello", false, []],
])("offers while %j is typed", (text, isEager, expected) => {
  const offer = offerFor(text, commands);
  expect(offer).toMatchObject({ kind: "known", isEager });
  expect(offer.kind === "known" && offer.completions.map((completion) => completion.text)).toEqual(expected);
});

it.each(["/memory forget ", "/memory forget fact:"])("asks the application while %j is typed", (text) => {
  expect(offerFor(`${text}tea`, commands)).toEqual({
    kind: "ask",
    question: { name: "memory forget", option: "fact", typed: "tea", before: "/memory forget fact:" },
  });
});
