/** Compares the folders under agents/ with the lines of agents/index.ts. */

/** A disagreement. `offset` is where it stands in agents/index.ts; a folder without a line has none. */
export type RegistrationProblem =
  | { folder: string; found: string; expected: string }
  | { offset: number; found: string; expected: string };

interface Line {
  name: string;
  offset: number;
}

/**
 * Reads agents/index.ts as text, not as a module: it must be explainable while an import in it is broken.
 *
 * @param source text of agents/index.ts
 * @param folders names of the folders that hold a character.json
 */
export function compareRegistration(source: string, folders: readonly string[]): RegistrationProblem[] {
  const code = withoutComments(source);
  const imports = importedFolders(code);
  const entries = registeredEntries(code);
  const folderOf = new Map(imports.map(({ variable, name }) => [variable, name]));
  const registered = new Set(entries.map(({ variable }) => folderOf.get(variable)));
  return [
    ...folders.filter((folder) => !registered.has(folder)).map(missingLine),
    ...imports
      .filter(({ name }) => !folders.includes(name))
      .map(({ name, offset }) => ({
        offset,
        found: `an import of ${JSON.stringify(name)}`,
        expected: `agents/${name}/character.json to exist`,
      })),
    ...entries.flatMap(({ name, variable, offset }) => {
      const folder = folderOf.get(variable);
      if (folder === name) return [];
      const found = `the entry ${JSON.stringify(name)}`;
      if (folder === undefined) return [{ offset, found, expected: `an import of ./${name}/character.json` }];
      return [{ offset, found, expected: `${JSON.stringify(folder)}, the name of its folder` }];
    }),
  ];
}

/** What an agent needs in agents/index.ts. */
export interface Registration {
  /** The statement that imports its character. */
  importLine: string;
  /** Its member of the object that `defineAgents` takes. */
  entry: string;
}

/** The import and the entry of the agent whose character is in this folder. */
export function registrationOf(folder: string): Registration {
  const words = folder.replace(
    /[^A-Za-z0-9]+(.)?/g,
    (_, next: string | undefined) => next?.toUpperCase() ?? "",
  );
  const variable = taken.has(words) ? `${words}Agent` : words;
  return {
    importLine: `import ${variable} from "./${folder}/character.json" with { type: "json" };`,
    entry: variable === folder ? variable : `"${folder}": ${variable}`,
  };
}

/** Ids that are no names for a variable of that file: the language's own words, and the names in it. */
const taken: ReadonlySet<string> = new Set(
  (
    "agents arguments await break case catch class const continue debugger default defineAgents delete do else enum eval " +
    "export extends false finally for function if implements import in instanceof interface let new null package private " +
    "protected public return static super switch this throw true try typeof var void while with yield"
  ).split(" "),
);

function missingLine(folder: string): RegistrationProblem {
  const { importLine, entry } = registrationOf(folder);
  const expected = `${importLine.replace(/;$/, "")} and the entry ${entry}`;
  return { folder, found: "no entry in agents/index.ts", expected };
}

/** Blanks comments out and keeps every offset. */
function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, (comment) => comment.replace(/[^\n]/g, " "));
}

function importedFolders(code: string): (Line & { variable: string })[] {
  const pattern = /^import\s+(\w+)\s+from\s+["']\.\/([^"'/]+)\/character\.json["']/gm;
  return [...code.matchAll(pattern)].map(({ 1: variable = "", 2: name = "", index }) => {
    return { name, variable, offset: index };
  });
}

function registeredEntries(code: string): (Line & { variable: string })[] {
  const block = /defineAgents\(\s*\{([^}]*)\}/d.exec(code);
  const start = block?.indices?.[1]?.[0] ?? 0;
  const pattern = /(?:["']([^"']+)["']|(\w+))\s*(?::\s*(\w+)\s*)?(?:,|$)/g;
  return [...(block?.[1] ?? "").trimEnd().matchAll(pattern)].map(
    ({ 1: quoted, 2: bare = "", 3: variable, index }) => {
      const name = quoted ?? bare;
      return { name, variable: variable ?? name, offset: start + index };
    },
  );
}
