/**
 * Resolves when this process is asked to stop: Ctrl-C, SIGTERM, the terminal is closed, or the older Node that started it
 * is gone. From then on no signal ends the process by itself, so that what it has started is ended first.
 */
export function stopRequest(): Promise<void> {
  // A closed terminal takes the output with it, and a failed write must not be what ends us.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve());
    process.once("disconnect", resolve);
    // Listening for its end must not keep this process alive.
    process.channel?.unref();
  });
}
