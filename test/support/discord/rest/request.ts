/** A request to the REST API, as tests read it afterwards. */
export interface RecordedRequest {
  method: string;
  /** Below `/api/v10`, without the query. */
  path: string;
  query: Record<string, string>;
  /** Lower-case names; the token is left out. */
  headers: Record<string, string>;
  /** The JSON body, of a multipart request its `payload_json`. */
  body: unknown;
  files: readonly { name: string; filename: string; contentType: string; size: number }[];
  /** Milliseconds since 1970. */
  at: number;
  /** `null`: the connection was cut, or it is not answered yet. */
  status: number | null;
  /** The fault that met it. */
  fault: string | null;
}

/** A request that no client should make. */
export interface Violation {
  request: string;
  message: string;
}

/** A body that has been read. */
export interface ReadBody {
  json: unknown;
  /** By field name, such as `files[0]`. */
  files: ReadonlyMap<string, { name: string; type: string; bytes: Uint8Array<ArrayBuffer> }>;
}

/**
 * Reads JSON of a request or an answer, or multipart with `payload_json` and files ("Uploading Files" in the API reference).
 *
 * @throws SyntaxError when it is neither
 */
export async function readBody(request: Request | Response): Promise<ReadBody> {
  const type = request.headers.get("content-type") ?? "";
  if (!type.startsWith("multipart/form-data")) {
    const text = await request.text();
    return { json: text === "" ? undefined : (JSON.parse(text) as unknown), files: new Map() };
  }
  const files = new Map<string, { name: string; type: string; bytes: Uint8Array<ArrayBuffer> }>();
  let json: unknown;
  for (const [name, value] of await request.formData()) {
    if (typeof value !== "string") {
      files.set(name, {
        name: value.name,
        type: value.type,
        bytes: new Uint8Array(await value.arrayBuffer()),
      });
    }
    if (name === "payload_json" && typeof value === "string") json = JSON.parse(value);
  }
  return { json, files };
}
