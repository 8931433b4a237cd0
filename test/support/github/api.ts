/** The REST API of the stand-in for GitHub. Paths and fields: GitHub Docs, "REST API". */
import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import * as z from "zod";
import type { GithubRepository, Issue } from "./repository.ts";

const newRef = z.object({ ref: z.string().startsWith("refs/heads/"), sha: z.string() });
const newFile = z.object({ message: z.string(), content: z.base64(), branch: z.string() });
const newPull = z.object({ title: z.string(), body: z.string(), head: z.string(), base: z.string() });
const newReview = z.object({ event: z.enum(["APPROVE", "REQUEST_CHANGES", "COMMENT"]), body: z.string() });

interface ApiEnv {
  Variables: { login: string };
}

export interface ApiParts {
  repository: GithubRepository;
  /** Token → who it belongs to. */
  logins: ReadonlyMap<string, string>;
  /** Gets who asks for what. */
  requests: string[];
}

export function githubApi({ repository, logins, requests }: ApiParts): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();

  app.use(async (c, next) => {
    const login = logins.get(c.req.header("authorization")?.replace(/^Bearer /, "") ?? "");
    if (login === undefined) throw problem(401, "Bad credentials");
    requests.push(`${login}: ${c.req.method} ${c.req.path}`);
    c.set("login", login);
    await next();
  });

  app.get("/search/issues", (c) => {
    const words = (c.req.query("q") ?? "").split(/\s+/);
    const items = [...repository.issues.values()].filter((issue) => isFound(issue, words));
    return c.json({ total_count: items.length, incomplete_results: false, items });
  });

  const repo = new Hono<ApiEnv>();

  repo.get("/issues/:number", (c) => c.json(found(repository.issues.get(Number(c.req.param("number"))))));

  repo.get("/git/ref/heads/:branch", (c) => {
    const branch = c.req.param("branch");
    return c.json({ ref: `refs/heads/${branch}`, object: { sha: found(repository.branches.get(branch)) } });
  });

  repo.post("/git/refs", async (c) => {
    const { ref, sha } = await read(c, newRef);
    if (!repository.createBranch(ref.slice("refs/heads/".length), sha))
      throw problem(422, "Reference already exists, or object does not");
    return c.json({ ref, object: { sha } }, 201);
  });

  repo.put("/contents/:path", async (c) => {
    const { content, branch } = await read(c, newFile);
    found(repository.branches.get(branch));
    const filename = c.req.param("path");
    const sha = repository.commit(branch, { filename, content: Buffer.from(content, "base64").toString() });
    return c.json({ content: { path: filename }, commit: { sha } }, 201);
  });

  repo.post("/pulls", async (c) => {
    const pull = await read(c, newPull);
    if (!repository.files.has(pull.head)) throw problem(422, "No commits between base and head");
    return c.json(repository.openPull(pull, c.var.login), 201);
  });

  repo.get("/pulls/:number", (c) => c.json(found(repository.pulls.get(Number(c.req.param("number"))))));

  repo.get("/pulls/:number/files", (c) => {
    const pull = found(repository.pulls.get(Number(c.req.param("number"))));
    const files = repository.files.get(pull.head.ref) ?? [];
    return c.json(
      files.map(({ filename, content }) => ({
        filename,
        status: "added",
        patch: content.replaceAll(/^/gm, "+"),
      })),
    );
  });

  repo.post("/pulls/:number/reviews", async (c) => {
    const review = await read(c, newReview);
    const pull = found(repository.pulls.get(Number(c.req.param("number"))));
    if (pull.user.login === c.var.login) throw problem(422, "Can not review your own pull request");
    repository.review(pull, review, c.var.login);
    return c.json({ state: review.event, body: review.body });
  });

  app.route(`/repos/${repository.name}`, repo);
  app.notFound((c) => c.json({ message: "Not Found" }, 404));
  return app;
}

/** As much of the search syntax as is asked for here. */
function isFound({ state, labels }: Issue, words: readonly string[]): boolean {
  return words.every((word) => {
    const [qualifier, value = ""] = word.split(":");
    if (qualifier === "label") return labels.some(({ name }) => name === value);
    return qualifier !== "is" || value === "issue" || value === state;
  });
}

function found<T>(thing: T | undefined): T {
  if (thing === undefined) throw problem(404, "Not Found");
  return thing;
}

async function read<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const reading = schema.safeParse(await c.req.json());
  if (reading.success) return reading.data;
  throw problem(422, z.prettifyError(reading.error));
}

function problem(status: 401 | 404 | 422, message: string): HTTPException {
  return new HTTPException(status, { res: Response.json({ message }, { status }) });
}
