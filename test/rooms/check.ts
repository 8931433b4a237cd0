import { matchesGlob, posix } from "node:path";
import { type Import, importsOf } from "./imports.ts";
import type { ForeignModule, Room } from "./table.ts";

/**
 * Holds every import of every file against the table.
 *
 * @param files path from the root, with `/` → its TypeScript
 * @returns a line for each import that goes the wrong way, and for each file that has no room
 */
export function checkRooms(files: ReadonlyMap<string, string>, rooms: readonly Room[]): string[] {
  const findRoom = (path: string) => rooms.find((room) => room.files.some((glob) => matchesGlob(path, glob)));
  return [...files].flatMap(([path, source]) => {
    const room = findRoom(path);
    if (!room) return [`${path}: no room of test/rooms/table.ts has this file`];
    return importsOf(path, source).flatMap((one) => {
      const problem = problemOf(one, path, room, findRoom);
      return problem === undefined ? [] : [`${path}:${one.line} imports ${problem}. ${room.why}`];
    });
  });
}

function problemOf(
  { specifier, isType }: Import,
  from: string,
  room: Room,
  findRoom: (path: string) => Room | undefined,
): string | undefined {
  if (room.imports.includes("*")) return undefined;
  if (specifier === undefined) return "what is computed, which nobody can check";
  if (!specifier.startsWith(".")) {
    if (room.never?.test(specifier)) return `${specifier}, which ${room.name} never does`;
    return isForeignAllowed(specifier, isType, room) ? undefined : `${specifier}, which ${room.name} may not`;
  }
  const path = posix.join(posix.dirname(from), specifier);
  if (room.never?.test(path)) return `${path}, which ${room.name} never does`;
  const target = findRoom(path);
  if (!target) return `${path}, which is in no room`;
  if (target === room || room.imports.includes(target.name)) return undefined;
  if (!room.importsTypesOf?.includes(target.name))
    return `${path}: ${room.name} may not import ${target.name}`;
  return isType || room.importsValuesOf?.includes(path)
    ? undefined
    : `${path}: ${room.name} may import types of ${target.name} only`;
}

function isForeignAllowed(specifier: string, isType: boolean, { modules }: Room): boolean {
  const kind: ForeignModule = /^node:/.test(specifier)
    ? "node"
    : /^cloudflare:/.test(specifier)
      ? "cloudflare"
      : "npm";
  return modules.includes(kind) || (kind === "npm" && isType && modules.includes("npm types"));
}
