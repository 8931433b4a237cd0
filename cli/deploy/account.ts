import { DeployStopped } from "./stopped.ts";
import { askWrangler, runWrangler } from "./wrangler.ts";

/**
 * Makes sure that wrangler may act on an account: with CLOUDFLARE_API_TOKEN, or by a login that it keeps.
 *
 * @returns who it is, for people.
 * @throws DeployStopped when there is no login and nobody to make one.
 */
export async function ensureLogin(interactive: boolean): Promise<string> {
  const identity = await whoAmI();
  if (identity !== null) return identity;
  if (process.env.CLOUDFLARE_API_TOKEN) {
    throw new DeployStopped("login", "Cloudflare refuses the CLOUDFLARE_API_TOKEN that is set.");
  }
  if (!interactive) {
    throw new DeployStopped(
      "login",
      "Not logged in: set CLOUDFLARE_API_TOKEN, or run `npx wrangler login` in a terminal first.",
    );
  }
  if ((await runWrangler(["login"])) !== 0) throw new DeployStopped("login", "The login did not succeed.");
  const loggedIn = await whoAmI();
  if (loggedIn === null) throw new DeployStopped("login", "The login did not succeed.");
  return loggedIn;
}

async function whoAmI(): Promise<string | null> {
  const { code, stdout } = await askWrangler("whoami", "--json");
  if (code !== 0) return null;
  const { email, authType } = JSON.parse(stdout) as { email?: string; authType?: string };
  return email ?? authType ?? "logged in";
}
