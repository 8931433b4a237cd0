/**
 * Runs an image that is laid out in a folder as a container runtime does under the `restricted` policy: its command, an
 * environment with nothing else in it, an unprivileged user, nothing to write, and no file of the host to read.
 *
 * The last two are enforced by Node's permission model, the user only where whoever runs this may choose one.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import type { PipedProcess } from "../gateway-process.ts";
import type { ImageLayout } from "./layout.ts";

export interface ContainerSpec {
  /** As in a pod: replaces the image's ENTRYPOINT. */
  command?: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Default: the image's USER. */
  user?: User;
}

export interface User {
  uid: number;
  gid: number;
}

/** @throws Error when the command does not start the image's Node, for there is nothing else to start. */
export function startContainer(layout: ImageLayout, spec: ContainerSpec): PipedProcess {
  const { root, files, image } = layout;
  const [program, ...args] = spec.command ?? image.entrypoint;
  if (program === undefined || program !== image.entrypoint[0])
    throw new Error(`${program}: the image has no such program`);
  const [directory = ""] = image.env.PATH?.split(":") ?? [];
  const isolation = ["--permission", `--allow-fs-read=${root}/*`];
  const inImage = (path: string) => (files.includes(path) ? join(root, path) : path);
  const user = process.getuid?.() === 0 ? (spec.user ?? userOf(layout)) : {};
  return spawn(join(root, directory, program), [...isolation, ...args.map(inImage)], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...image.env, ...spec.env },
    ...user,
  });
}

/** Numbers, because Kubernetes cannot tell from a name whether a user is root (`runAsNonRoot`). */
export function userOf({ image: { user } }: ImageLayout): User {
  const { uid, gid } = /^(?<uid>\d+):(?<gid>\d+)$/.exec(user ?? "")?.groups ?? {};
  if (uid === undefined || gid === undefined) throw new Error(`USER ${user}: expected numbers, <uid>:<gid>`);
  return { uid: Number(uid), gid: Number(gid) };
}
