import type OpenAI from "openai";
import type { ModelRequest } from "./provider.ts";
import type { Refusals } from "./refusals.ts";

/** Parameters that some models or servers refuse by name. */
export type OpenAiParameter = "temperature" | "encryptedReasoning" | "maxTokens";

/** One call of one of OpenAI's two APIs. */
export interface OpenAiCall {
  client: OpenAI;
  model: string;
  request: ModelRequest;
  signal: AbortSignal;
  refusals: Refusals<OpenAiParameter>;
  /** To be called when the API has accepted the request: a broken connection is a cut answer from here on. */
  accepted: () => void;
}
