/**
 * The process that holds the Worker while a fixture is made: with its workerd it forms a process group, which is killed as a
 * power cut would, and nothing is started again over the state that is left.
 */
import { once } from "node:events";
import { fireCron, startRuntime } from "./runtime.ts";

/** First message to the host. */
export interface HostOrder {
  bundle: string;
  state: string;
  bindings: Record<string, string>;
}

// Nobody is left who would kill it.
process.once("disconnect", () => process.kill(-process.pid, "SIGKILL"));
const [order] = (await once(process, "message")) as [HostOrder];
const runtime = await startRuntime(order.bundle, order.state, order.bindings);
process.on("message", ({ cron }: { cron: number }) => {
  void fireCron(runtime, cron).then((outcome) => process.send?.({ cron, outcome }));
});
process.send?.({ url: (await runtime.ready).href });
