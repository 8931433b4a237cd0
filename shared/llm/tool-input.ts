/**
 * Reads the arguments a model wrote for a tool call. What is not JSON is given on as the raw string: the tool layer
 * answers the model with what was wrong, which beats failing the turn.
 */
export function parseToolInput(json: string): unknown {
  // Both APIs send nothing at all for a call without arguments.
  if (json.trim() === "") return {};
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}

/** `input` as the object that both APIs require when a call is repeated to them. */
export function toolInputObject(input: unknown): Record<string, unknown> {
  return typeof input === "object" && input !== null && !Array.isArray(input)
    ? { ...input }
    : { unparsed: input };
}
