/** From the traces of the gateway and the Worker to the files that one message passes. Pure. */
import * as z from "zod";
import type { TracedFunction } from "./instrument.ts";
import type { Border, TraceEntry } from "./recorder.ts";

/** What one program has recorded. */
export interface Program {
  functions: readonly TracedFunction[];
  entries: readonly TraceEntry[];
}

export interface TracedMessage {
  /** Discord's. */
  id: string;
  text: string;
  answer: string;
}

export interface PathFile {
  file: string;
  /** Those of its functions that were called, each once. */
  functions: readonly string[];
  /** On the stack when the message left for another program or object. */
  isPassed: boolean;
  /** On the stack when something about it was written down or looked up, in the object's own database or in D1. */
  isLookedUp: boolean;
  /** Called a function of another file. */
  callsOthers: boolean;
}

/** One time that something about the message left for elsewhere. */
export interface Crossing {
  border: Border;
  data: string;
  /** Files on the stack, from the socket on. */
  files: readonly string[];
}

export interface MessagePath {
  /** In the order of their first call. */
  files: readonly PathFile[];
  crossings: readonly Crossing[];
}

/** A call that the message has caused. The socket itself has none. */
interface Call {
  by: Call | null;
  called: TracedFunction;
}

/** `by`: `undefined` when it was not for the message. */
interface Departure {
  border: Border;
  data: string;
  by: Call | null | undefined;
}

/**
 * Follows a message from Discord's socket to the request that posts its answer, through each call that it causes, whoever
 * waits for it or not. What runs at the same time for other reasons is not in it, nor is what follows the post.
 *
 * @throws Error when the traces do not lead from the socket to the post.
 */
export function followMessage(
  { gateway, worker }: { gateway: Program; worker: Program },
  message: TracedMessage,
): MessagePath {
  const isDispatch = ({ border, data }: Omit<Departure, "by">) => {
    const dispatch = border === "socket" ? readDispatch(data) : undefined;
    return dispatch?.t === "MESSAGE_CREATE" && dispatch.d.id === message.id;
  };
  const inGateway = follow(gateway, [], isDispatch, ({ data }) =>
    data.includes(field("content", message.text)),
  );
  const handedOver = inGateway.departures.at(-1);
  if (!inGateway.isOver || !handedOver) throw new Error("the gateway has not handed the message over");
  const inWorker = follow(
    worker,
    [handedOver],
    () => false,
    ({ border, data }) => border === "fetch" && data.includes(field("content", message.answer)),
  );
  if (!inWorker.isOver) {
    const last = inWorker.departures.at(-1);
    throw new Error(
      `the message is lost in the Worker, after ${last ? `${last.border} ${last.data}` : "nothing"}`,
    );
  }
  return pathOf([...inGateway.calls, ...inWorker.calls], [...inGateway.departures, ...inWorker.departures]);
}

/** @returns those of `files` that a document does not name by their path. */
export function undocumented(files: readonly string[], document: string): string[] {
  const named = new Set(document.match(/[\w./-]*\w/g));
  return files.filter((file) => !named.has(file));
}

/**
 * @param arriving what others have handed over to this program.
 * @param isBegin whether what enters begins the message's way.
 * @param isEnd whether what leaves, on behalf of the message, ends its way through this program.
 */
function follow(
  { entries, functions }: Program,
  arriving: readonly Departure[],
  isBegin: (entered: Omit<Departure, "by">) => boolean,
  isEnd: (left: Departure) => boolean,
): { calls: Call[]; departures: Departure[]; isOver: boolean } {
  const underWay = [...arriving];
  const byFrame = new Map<number | null, Call | null>();
  const calls: Call[] = [];
  const departures: Departure[] = [];
  for (const entry of entries) {
    if (entry.type === "enter") {
      if (isBegin(entry)) byFrame.set(entry.frame, null);
      const taken = underWay.findIndex(({ border, data }) => border === entry.border && data === entry.data);
      const [departure] = taken === -1 ? [] : underWay.splice(taken, 1);
      if (departure?.by !== undefined) byFrame.set(entry.frame, departure.by);
      continue;
    }
    const by = byFrame.get(entry.parent);
    if (entry.type === "cross") {
      const departure = { border: entry.border, data: entry.data, by };
      underWay.push(departure);
      if (by === undefined) continue;
      departures.push(departure);
      if (isEnd(departure)) return { calls, departures, isOver: true };
      continue;
    }
    const called = functions[entry.fn];
    if (called === undefined) throw new Error(`there is no function ${entry.fn}`);
    if (by === undefined) continue;
    const call = { by, called };
    calls.push(call);
    byFrame.set(entry.frame, call);
  }
  return { calls, departures, isOver: false };
}

function pathOf(calls: readonly Call[], departures: readonly Departure[]): MessagePath {
  const crossings = departures.map(({ border, data, by }) => ({ border, data, files: stackOf(by ?? null) }));
  const onStackAt = (isAt: (border: Border) => boolean) =>
    new Set(crossings.flatMap(({ border, files }) => (isAt(border) ? files : [])));
  const passed = onStackAt((border) => !isDatabase(border));
  const lookedUp = onStackAt(isDatabase);
  const callers = new Set(
    calls.flatMap(({ by, called }) => (by && by.called.file !== called.file ? [by.called.file] : [])),
  );
  const byFile = Map.groupBy(calls, ({ called }) => called.file);
  const files = [...byFile].map(([file, ownCalls]) => ({
    file,
    functions: [...new Set(ownCalls.map(({ called }) => called))].map(({ name }) => name),
    isPassed: passed.has(file),
    isLookedUp: lookedUp.has(file) && !passed.has(file),
    callsOthers: callers.has(file),
  }));
  return { files, crossings };
}

function isDatabase(border: Border): boolean {
  return border === "sql" || border === "d1";
}

function stackOf(call: Call | null): string[] {
  const files: string[] = [];
  for (let at = call; at !== null; at = at.by) if (files[0] !== at.called.file) files.unshift(at.called.file);
  return files;
}

const dispatchSchema = z.object({
  op: z.literal(0),
  s: z.int(),
  t: z.string(),
  d: z.object({ id: z.string().optional() }),
});

/** Reads a frame of Discord's socket; `undefined` when it is no dispatch. */
export function readDispatch(frame: string): z.infer<typeof dispatchSchema> | undefined {
  if (!frame.startsWith("{")) return undefined;
  return dispatchSchema.safeParse(JSON.parse(frame)).data;
}

function field(name: string, text: string): string {
  return `${JSON.stringify(name)}:${JSON.stringify(text)}`;
}
