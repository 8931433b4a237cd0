/**
 * The API behind the tools of the agent `example-e`: a small library of quotes and facts. It runs as a Worker of its own
 * or inside Node, and knows nothing of rig-edge.
 */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { z } from "zod";
import { facts } from "./facts.ts";
import { type Quote, quotes } from "./quotes.ts";

/** Most quotes that callers can add to one process; 507 after that. */
const maxAdded = 1_000;
const maxBodyBytes = 16_384;

const newQuote = z.strictObject({
  text: z.string().trim().min(1).max(1_000),
  author: z.string().trim().min(1).max(200),
  topic: z
    .string()
    .trim()
    .toLowerCase()
    .regex(/^[a-z0-9-]{1,50}$/, "expected a word of a-z, 0-9 and -"),
  source: z.string().trim().min(1).max(200).optional(),
});

/**
 * Builds the API. Added quotes live in the memory of this instance: they are gone when its process (or Worker isolate)
 * ends, and another instance does not see them.
 *
 * @param random picks from a list: at least 0, below 1. Defaults to `Math.random`.
 */
export function createQuotesApi({ random = Math.random }: { random?: () => number } = {}): Hono {
  const library: Quote[] = [...quotes];
  const addedByKey = new Map<string, Quote>();

  const app = new Hono();

  app.get("/health", (c) => c.json({ status: "healthy", quotes: library.length, facts: facts.length }));

  app.get("/quotes", (c) => {
    const topic = c.req.query("topic");
    return c.json({ quotes: topic === undefined ? library : library.filter((q) => isSame(q.topic, topic)) });
  });

  app.get("/quotes/random", (c) => {
    const topic = c.req.query("topic");
    const found = pick(
      library.filter((quote) => topic === undefined || isSame(quote.topic, topic)),
      random,
    );
    if (found) return c.json(found);
    return fail(
      c,
      404,
      "no_such_topic",
      `No quote on ${quoted(topic)}. Topics: ${list(library.map((q) => q.topic))}.`,
    );
  });

  app.get("/quotes/:id", (c) => {
    const id = c.req.param("id");
    const found = library.find((quote) => String(quote.id) === id);
    if (found) return c.json(found);
    return fail(
      c,
      404,
      "no_such_quote",
      `No quote has the id ${quoted(id)}. Ids go from 1 to ${library.length}.`,
    );
  });

  app.post(
    "/quotes",
    bodyLimit({
      maxSize: maxBodyBytes,
      onError: (c) => fail(c, 413, "too_large", `The body is larger than ${maxBodyBytes} bytes.`),
    }),
    async (c) => {
      const read = newQuote.safeParse(await readJson(c));
      if (!read.success) {
        const problems = read.error.issues.map(
          ({ path, message }) => `${path.join(".") || "body"}: ${message}`,
        );
        return fail(c, 400, "invalid_quote", problems.join("; "));
      }
      // A caller that lost the first answer repeats the request under the same key and gets the same quote.
      const key = c.req.header("idempotency-key");
      const earlier = key === undefined ? undefined : addedByKey.get(key);
      if (earlier) return c.json(earlier, 201);
      if (library.length - quotes.length >= maxAdded) {
        return fail(c, 507, "library_full", `No more than ${maxAdded} quotes can be added.`);
      }
      const { source, ...required } = read.data;
      const quote: Quote = {
        id: library.length + 1,
        ...required,
        ...(source === undefined ? {} : { source }),
      };
      library.push(quote);
      if (key !== undefined) addedByKey.set(key, quote);
      return c.json(quote, 201);
    },
  );

  app.get("/facts/random", (c) => {
    const category = c.req.query("category");
    const found = pick(
      facts.filter((fact) => category === undefined || isSame(fact.category, category)),
      random,
    );
    if (found) return c.json(found);
    const known = list(facts.map((fact) => fact.category));
    return fail(c, 404, "no_such_category", `No fact in ${quoted(category)}. Categories: ${known}.`);
  });

  app.notFound((c) => fail(c, 404, "no_such_route", `There is no ${c.req.method} ${c.req.path} here.`));
  app.onError((error, c) => {
    if (error instanceof HTTPException) return fail(c, error.status, "bad_request", error.message);
    console.error(JSON.stringify({ level: "error", event: "request_failed", message: error.message }));
    return fail(c, 500, "internal", "The library failed to answer.");
  });

  return app;
}

async function readJson(c: Context): Promise<unknown> {
  try {
    return await c.req.json();
  } catch (cause) {
    throw new HTTPException(400, { message: "The body is not valid JSON.", cause });
  }
}

function fail(c: Context, status: ContentfulStatusCode, code: string, message: string): Response {
  return c.json({ error: { code, message } }, status);
}

function pick<T>(items: readonly T[], random: () => number): T | undefined {
  return items[Math.floor(random() * items.length)];
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.trim().toLowerCase();
}

function list(words: string[]): string {
  return [...new Set(words)].sort().join(", ");
}

function quoted(text: string | undefined): string {
  return JSON.stringify((text ?? "").slice(0, 100));
}

/** The Worker: one library per isolate. */
export default createQuotesApi();
