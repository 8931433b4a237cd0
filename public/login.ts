/** The login page works without this; it says why the form is back, and remembers where the way led. */
import { byId } from "./dom.ts";

const reasons: Record<string, string> = {
  token: "That token is not the right one.",
  ticket: "That link was used before or has expired. Start again for a new one, or sign in with the token.",
};

const token = byId("token", HTMLInputElement);
const failure = byId("failure", HTMLElement);
const reason = reasons[new URLSearchParams(location.search).get("error") ?? ""];
if (reason !== undefined) {
  failure.textContent = reason;
  failure.hidden = false;
  token.setAttribute("aria-invalid", "true");
}
// A redirect keeps the fragment of the request: after the login the browser is at the conversation it came for.
byId("login", HTMLFormElement).action += location.hash;
token.focus();
