/** What there is to say of an interactions endpoint: whether it is the Worker's, and whom it believes. */
import { type Finding, note, ok, wrong } from "./finding.ts";

/** What an endpoint made of a PING. */
export type PingAnswer = { status: number } | { unreachable: string };

export interface EndpointFacts {
  agent: string;
  /** Where the Worker takes the agent's interactions; `null`: nobody has said where the Worker is. */
  expected: string | null;
  /** Where Discord sends them; `null`: over the gateway. */
  configured: string | null;
  /** What came of PINGs that Discord has not signed; `null`: there was no address to send them to. */
  strangers: { unsigned: PingAnswer; forged: PingAnswer } | null;
  /** What Discord said when it was asked to verify the endpoint; `null`: it was not. */
  verification: { verified: true } | { refused: string } | null;
  /** The application's, which is not a secret. */
  publicKey: string;
}

const ABOUT = "endpoint";

export function endpointFindings(facts: EndpointFacts): Finding[] {
  return [addressFinding(facts), ...strangerFindings(facts), ...verificationFindings(facts)];
}

/** The path under which a Worker takes an agent's interactions. */
export function endpointPath(agent: string): string {
  return `/agents/${agent}/interactions`;
}

function addressFinding({ agent, expected, configured }: EndpointFacts): Finding {
  const setIt = `npx rig doctor ${agent} --url ${expected === null ? "https://…" : new URL(expected).origin} --set-endpoint`;
  if (configured === null) {
    const says = "none is set: interactions come over the gateway, as long as it runs";
    return note(ABOUT, says, `to be answered without a gateway: ${setIt}`);
  }
  if (expected !== null && !isSameUrl(expected, configured))
    return wrong(ABOUT, `Discord sends interactions to ${configured}, not to ${expected}`, setIt);
  if (expected === null && pathOf(configured) !== endpointPath(agent))
    return wrong(ABOUT, `${configured} is not where a Worker takes the interactions of ${agent}`, setIt);
  return ok(ABOUT, configured);
}

function strangerFindings({ agent, strangers, publicKey }: EndpointFacts): Finding[] {
  if (strangers === null) return [];
  const { unsigned, forged } = strangers;
  if (isRefused(unsigned) && isRefused(forged))
    return [ok(ABOUT, "refuses what is not signed, and what somebody else has signed")];
  const bad = isRefused(unsigned) ? forged : unsigned;
  if ("unreachable" in bad)
    return [wrong(ABOUT, `does not answer: ${bad.unreachable}`, "check the address, and npm run deploy")];
  switch (bad.status) {
    case 503:
      return [
        wrong(
          ABOUT,
          "the Worker has no public key, and takes nothing",
          `npx wrangler secret put DISCORD_PUBLIC_KEY, with ${publicKey}`,
        ),
      ];
    case 404:
      return [
        wrong(ABOUT, "there is no such path (404)", `npm run deploy, with ${agent} in agents/index.ts`),
      ];
    case 200: {
      const which = isRefused(unsigned) ? "somebody else has signed" : "nobody has signed";
      return [wrong(ABOUT, `believes what ${which}`, "do not use it: it is not this Worker's")];
    }
    default:
      return [
        wrong(
          ABOUT,
          `answers ${bad.status} to what is not signed, expected 401`,
          "see the Worker's log: npx wrangler tail",
        ),
      ];
  }
}

function verificationFindings({ verification, publicKey }: EndpointFacts): Finding[] {
  if (verification === null) return [];
  if ("verified" in verification)
    return [ok(ABOUT, "Discord has verified it just now: its PING was answered, its forged one refused")];
  return [
    wrong(
      ABOUT,
      `Discord cannot verify it: ${verification.refused}`,
      `npx wrangler secret put DISCORD_PUBLIC_KEY, with ${publicKey}; the address has to be reachable over https`,
    ),
  ];
}

function isRefused(answer: PingAnswer): boolean {
  return "status" in answer && answer.status === 401;
}

function isSameUrl(a: string, b: string): boolean {
  const plain = (text: string) => (URL.canParse(text) ? new URL(text).href.replace(/\/$/, "") : text);
  return plain(a) === plain(b);
}

function pathOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).pathname.replace(/\/$/, "") : undefined;
}
