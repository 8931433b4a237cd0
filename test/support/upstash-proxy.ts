/** Makes a Redis answer Upstash's REST protocol: a command to `/`, several to `/pipeline` or, as one transaction, `/multi-exec`. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { RedisReply, RedisServer } from "./redis-server.ts";
import { REDIS_TOKEN } from "./redis-token.ts";

export interface UpstashProxy {
  url: string;
  close(): Promise<void>;
}

export async function startUpstashProxy(redis: RedisServer): Promise<UpstashProxy> {
  const server = createServer(async (request, response) => {
    const [status, answer] = await serve(redis, request);
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serve(redis: RedisServer, request: IncomingMessage): Promise<[status: number, body: unknown]> {
  if (request.headers.authorization !== `Bearer ${REDIS_TOKEN}`) return [401, { error: "Unauthorized" }];
  const chunks: Buffer[] = await request.toArray();
  const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
  switch (request.url) {
    case "/": {
      const reply = await redis.command(...(body as string[]));
      return [reply instanceof Error ? 400 : 200, view(reply)];
    }
    case "/pipeline":
      return [
        200,
        (await Promise.all((body as string[][]).map((words) => redis.command(...words)))).map(view),
      ];
    case "/multi-exec": {
      const commands = [["MULTI"], ...(body as string[][]), ["EXEC"]];
      const replies = (await Promise.all(commands.map((words) => redis.command(...words)))).at(-1);
      return replies instanceof Error ? [400, view(replies)] : [200, (replies as RedisReply[]).map(view)];
    }
    default:
      return [404, { error: `nothing at ${request.url}` }];
  }
}

function view(reply: RedisReply): { result: RedisReply } | { error: string } {
  return reply instanceof Error ? { error: reply.message } : { result: reply };
}
