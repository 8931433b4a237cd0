/** The traced Worker: its door, its objects and all that they reach out by tell the recorder. Runs inside workerd. */
import { type Border, cross, enter, isAnswered, isInside, recorded } from "./recorder.ts";

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Methods = Record<string, Method>;
type Env = Readonly<Record<string, unknown>>;

interface DoorHandler {
  fetch(request: Request, env: Env, context: unknown): Promise<Response>;
}

interface ObjectContext {
  storage: { sql: object };
}

type ObjectClass = new (context: ObjectContext, env: Env) => object;

const AGAIN_MS = 5;

/**
 * Traces what leaves by `fetch`. Called before the Worker's modules are loaded, for some take `fetch` when they are.
 *
 * @param modelUrl requests to it wait until all that has come in is answered, so that what the Worker does about a message
 * before its answer is the same in each run.
 */
export function traceFetch(modelUrl: string): void {
  const { fetch } = globalThis;
  globalThis.fetch = async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const body = typeof init?.body === "string" ? init.body : "";
    cross("fetch", `${init?.method ?? "GET"} ${url} ${body}`);
    while (url.startsWith(modelUrl) && !isAnswered()) await new Promise((go) => setTimeout(go, AGAIN_MS));
    return fetch(input, init);
  };
}

/** @param tracePath where the door tells what has been recorded. */
export function tracedDoor<Handler extends DoorHandler>(door: Handler, tracePath: string): Handler {
  return {
    ...door,
    async fetch(request, env, context) {
      if (new URL(request.url).pathname === tracePath) return Response.json(recorded());
      traceBindings(env);
      const body = await request.clone().text();
      return enter("http", body, () => door.fetch(request, env, context));
    },
  };
}

/** A Durable Object's class. */
export function tracedObject(Class: ObjectClass): ObjectClass {
  class Traced extends Class {
    constructor(context: ObjectContext, env: Env) {
      traceBindings(env);
      replace(context.storage.sql, "exec", (exec) => crossing("sql", exec));
      super(context, env);
    }
  }
  for (const [name, method] of methodsOf(Class)) {
    const [border, dataOf] = handlers[name] ?? ["object", (args: unknown[]) => callOf(name, args)];
    Object.defineProperty(Traced.prototype, name, {
      value(this: unknown, ...args: unknown[]) {
        const run = () => method.apply(this, args);
        return isInside() ? run() : enter(border, dataOf(args), run);
      },
    });
  }
  return Traced;
}

/** Its own and inherited ones, by name. */
function methodsOf(Class: ObjectClass): Map<string, Method> {
  const methods = new Map<string, Method>();
  for (let kind = Class.prototype; kind !== Object.prototype; kind = Object.getPrototypeOf(kind))
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(kind)))
      if (typeof value === "function" && name !== "constructor" && !methods.has(name))
        methods.set(name, value);
  return methods;
}

/** What the platform calls with more than plain data. */
const handlers: Readonly<Record<string, [Border, (args: unknown[]) => string]>> = {
  fetch: ["object", () => callOf("fetch", [])],
  webSocketMessage: ["socket", ([, frame]) => String(frame)],
};

function traceBindings(env: Env): void {
  for (const binding of Object.values(env)) {
    if (typeof binding !== "object" || binding === null) continue;
    if ("idFromName" in binding)
      for (const name of ["get", "getByName"])
        replace(binding, name, (get) => {
          return function (...args) {
            return tracedStub(get.apply(this, args) as Methods);
          };
        });
    if ("prepare" in binding && typeof binding.prepare === "function") {
      replace(binding, "batch", (batch) => crossing("d1", batch));
      const statement: object = binding.prepare("SELECT 1");
      for (const name of ["run", "all", "first", "raw"])
        replace(statement, name, (ask) => crossing("d1", ask));
    }
  }
}

function tracedStub(stub: Methods): Methods {
  return new Proxy(stub, {
    get(target, name) {
      const member = target[String(name)];
      if (typeof member !== "function" || typeof name === "symbol") return member;
      return (...args: unknown[]) => {
        cross("object", callOf(name, name === "fetch" ? [] : args));
        // Not by `call` or `apply`: a stub takes those for methods of the object.
        return target[name]?.(...args);
      };
    },
  });
}

function crossing(border: Border, method: Method): Method {
  return function (...args) {
    cross(border, textOf(args));
    return method.apply(this, args);
  };
}

const replaced = new WeakSet<Method>();

/** Replaces a method where an object's kind has it, once for all objects of the kind. */
function replace(object: object, name: string, by: (method: Method) => Method): void {
  let owner = object as Methods | null;
  while (owner !== null && !Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner);
  const method = owner?.[name];
  if (owner === null || method === undefined) throw new Error(`${object} has no ${name}`);
  if (replaced.has(method)) return;
  const other = by(method);
  replaced.add(other);
  Object.defineProperty(owner, name, { value: other, configurable: true, writable: true });
}

function callOf(name: string, args: readonly unknown[]): string {
  return `${name} ${textOf(args)}`;
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? String(part) : part)) ?? "";
}
