import { createServer } from "node:net";

/**
 * The first port from `first` upwards that nothing listens on; 0 asks the system for any.
 *
 * @throws Error when none of 100 is free.
 */
export async function freePort(first: number, host: string): Promise<number> {
  for (let port = first; port < Math.min(first + 100, 65_536); port += 1) {
    const free = await tryListen(port, host);
    if (free !== null) return free;
  }
  throw new Error(`no free port from ${first} to ${first + 99} on ${host}`);
}

function tryListen(port: number, host: string): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(null);
      else reject(error);
    });
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : null));
    });
  });
}
