import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { DeployStopped } from "./stopped.ts";

/** Where a question is asked. */
export interface Terminal {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
}

/**
 * Asks for a secret; what is typed or pasted is not shown.
 *
 * @returns the trimmed answer, empty when there is none.
 * @throws DeployStopped when the question is left with Ctrl-C or Ctrl-D.
 */
export async function askSecretly(question: string, { input, output }: Terminal): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input, output: nowhere, terminal: true });
  const ended = new Promise<never>((_, reject) => {
    // Ctrl-C comes as SIGINT; Ctrl-D, or an input that ends, closes the reader.
    for (const event of ["SIGINT", "close"]) {
      reader.once(event, () => reject(new DeployStopped("secrets", "Stopped before the upload.")));
    }
  });
  output.write(question);
  try {
    return (await Promise.race([reader.question(""), ended])).trim();
  } finally {
    reader.close();
    output.write("\n");
  }
}
