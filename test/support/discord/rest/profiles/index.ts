/** The profiles by name. */
import { edge } from "./edge.ts";
import { busyChannel, sharedThreads } from "./limits.ts";
import { combine, type Profile } from "./profile.ts";

/** Nothing besides the usual limits. */
export const kind: Profile = { name: "kind" };

/**
 * 429s without any header, as where a proxy drops what it does not know, half of them without `retry_after` too: an "API ban" for
 * too many requests has none in its body (discordrb#120).
 */
const noHeaders: Profile = { name: "no-headers", untold: { bodyShare: 0.5 } };

const slow: Profile = { name: "slow", latencyMs: 300 };

const profiles = [kind, sharedThreads, busyChannel, noHeaders, edge, slow];

/**
 * @param name of a profile, or of several with `+` between: `edge+slow`.
 * @throws RangeError that names them all.
 */
export function profileNamed(name: string): Profile {
  const found = name.split("+").map((part) => {
    const profile = profiles.find((each) => each.name === part);
    if (profile !== undefined) return profile;
    const names = profiles.map((each) => each.name).join(", ");
    throw new RangeError(
      `There is no profile ${JSON.stringify(part)}; expected ${names}, or several joined by "+".`,
    );
  });
  return found.length === 1 && found[0] !== undefined ? found[0] : combine(found);
}
