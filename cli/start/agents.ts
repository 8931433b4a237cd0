import * as z from "zod";

const answerSchema = z.object({
  agents: z.array(
    z.object({
      id: z.string(),
      provider: z.object({
        name: z.string(),
        model: z.string(),
        demo: z.boolean(),
        ready: z.boolean(),
        note: z.string().nullable(),
      }),
    }),
  ),
});

/** An agent and the model that answers it, as the Worker itself says. */
export type RunningAgent = z.infer<typeof answerSchema>["agents"][number];

/**
 * Asks the running Worker for its agents.
 *
 * @throws Error when it does not answer as it should.
 */
export async function fetchAgents(url: string, adminToken: string): Promise<RunningAgent[]> {
  const response = await fetch(`${url}/agents`, { headers: { authorization: `Bearer ${adminToken}` } });
  const text = await response.text();
  if (!response.ok) throw new Error(`The Worker answered ${response.status}: ${text.slice(0, 500)}`);
  return answerSchema.parse(JSON.parse(text)).agents;
}
