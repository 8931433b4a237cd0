// `helm test`: asks every gateway behind one name for /readyz, and fails unless there is one and all are ready.
import { lookup } from "node:dns/promises";

const { GATEWAY_HOST: host = "", GATEWAY_PORT: port = "" } = process.env;
const gateways = await lookup(host, { all: true });
const answers = await Promise.all(gateways.map(ask));
for (const { address, text } of answers) console.log(`${address}: ${text}`);
if (answers.length === 0 || answers.some(({ isReady }) => !isReady)) process.exitCode = 1;

/** @param {import("node:dns").LookupAddress} gateway */
async function ask({ address, family }) {
  const origin = `http://${family === 6 ? `[${address}]` : address}:${port}`;
  try {
    const response = await fetch(`${origin}/readyz`, { signal: AbortSignal.timeout(10_000) });
    return { address, isReady: response.ok, text: (await response.text()).trim() };
  } catch (error) {
    return { address, isReady: false, text: `no answer: ${error.cause?.message ?? error.message}` };
  }
}
