import { parseSync, Visitor } from "rolldown/utils";

/** What a file imports, re-exports or names the type of. */
export interface Import {
  /** As written; nothing where it is computed. */
  specifier: string | undefined;
  line: number;
  /** Nothing of it is there when the code runs. */
  isType: boolean;
}

/**
 * The imports of a TypeScript file in its order: static ones, re-exports, `import()`, and `import("…")` as a type.
 *
 * @throws Error naming the file and what cannot be read in it.
 */
export function importsOf(path: string, source: string): Import[] {
  const { program, errors } = parseSync(path, source);
  const [problem] = errors;
  if (problem) throw new Error(`${path}: ${problem.message}`);

  const imports: Import[] = [];
  const lineAt = (offset: number) => source.slice(0, offset).split("\n").length;
  const add = ({ value, start }: { value?: string; start: number }, isType: boolean) =>
    imports.push({ specifier: value, line: lineAt(start), isType });
  new Visitor({
    ImportDeclaration({ source, importKind, specifiers }) {
      const named = specifiers.filter((one) => one.type === "ImportSpecifier");
      const areTypes = named.length > 0 && named.length === specifiers.length && named.every(isTypeImport);
      add(source, importKind === "type" || areTypes);
    },
    ExportAllDeclaration({ source, exportKind }) {
      add(source, exportKind === "type");
    },
    ExportNamedDeclaration({ source, exportKind }) {
      if (source) add(source, exportKind === "type");
    },
    TSImportType({ source }) {
      add(source, true);
    },
    ImportExpression({ source: from }) {
      const { start } = from;
      if (from.type === "Literal" && typeof from.value === "string") add({ value: from.value, start }, false);
      else if (from.type === "TemplateLiteral" && from.expressions.length === 0)
        add({ value: from.quasis[0]?.value.raw, start }, false);
      else add({ start }, false);
    },
  }).visit(program);
  return imports.toSorted((a, b) => a.line - b.line);
}

function isTypeImport({ importKind }: { importKind?: string | null }): boolean {
  return importKind === "type";
}
