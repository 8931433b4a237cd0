/** What OpenAI's two APIs share in the model server: the key, the errors, what a model takes. */
import * as z from "zod";
import { ApiProblem, badRequest, type Dialect, imageBytes, imageType } from "./model-server-dialect.ts";

/** @throws ApiProblem 401, which quotes the key. The real API masks its middle. */
export function authenticateOpenAi(headers: Record<string, string | undefined>): void {
  const key = headers.authorization?.replace(/^Bearer /, "");
  if (!key) throw new ApiProblem(401, "invalid_request_error", "Missing bearer authentication in header");
  if (key.includes("bad")) {
    const message = `Incorrect API key provided: ${key}. You can find your API key in your account settings.`;
    throw new ApiProblem(401, "invalid_request_error", message, "invalid_api_key");
  }
}

/** Where an image is: behind https, or in a data URL. */
export const openAiImageUrl = z.string().refine((url) => {
  if (url.startsWith("https://")) return true;
  const [, type, data] = /^data:([^;,]+);base64,(.*)$/s.exec(url) ?? [];
  return imageType.safeParse(type).success && imageBytes.safeParse(data).success;
}, "Invalid image_url: expected a valid URL or a data URL of a supported image");

/** The body of an error. */
export const openAiErrorBody: Dialect["errorBody"] = ({ type, message, code }) => ({
  error: { message, type, param: null, code },
});

/** `type` of an error with that status. */
export function openAiErrorType(status: number): string {
  if (status === 429) return "tokens";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

/** Whether a model reasons, by its name. */
export function reasons(model: string): boolean {
  return /^(o\d|gpt-[5-9](?!.*chat))/.test(model);
}

/** @throws ApiProblem for a model that does not exist (its name has "unknown") or does not take `temperature`. */
export function judgeOpenAiModel({
  model,
  temperature,
}: {
  model: string;
  temperature?: number | undefined;
}): void {
  if (model.includes("unknown")) {
    throw new ApiProblem(
      404,
      "invalid_request_error",
      `The model '${model}' does not exist`,
      "model_not_found",
    );
  }
  if (temperature !== undefined && (reasons(model) || model.includes("no-temperature"))) {
    throw badRequest(
      "Unsupported parameter: 'temperature' is not supported with this model.",
      "unsupported_parameter",
    );
  }
}
