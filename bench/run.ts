/** `npm run bench`: every figure that the documentation claims, each with its baseline. */
import "./bundle.ts";
import "./first-token.ts";
