import type { Assignment } from "../../../shared/assignment/assignment.ts";
import type { Conductor } from "../../../shared/conductor/client.ts";
import type { AssignmentSource, Claimed, WorkEnd } from "./source.ts";

/**
 * Issues straight from a conductor. It is told that work starts; what comes of it the agent's own tools report. Only work
 * that broke off with nothing handed in is reported here, else the issue would wait until it is found to be stuck: a turn
 * that failed as a failed attempt, one that a person stopped as a matter for a human.
 */
export class ConductorSource implements AssignmentSource {
  readonly #conductor: Conductor;
  /** The agent's id in its rig. */
  readonly #agentId: string;

  constructor(conductor: Conductor, agentId: string) {
    this.#conductor = conductor;
    this.#agentId = agentId;
  }

  async next(): Promise<Assignment | null> {
    const next = await this.#conductor.nextAssignment(this.#agentId);
    if (!next) return null;
    const { streamId: stream, repo, issueNumber, title, priority, milestone, attempt } = next;
    const details = [
      ["priority", priority],
      ["milestone", milestone ?? ""],
      ["attempt", attempt === 1 ? "" : `${attempt}; see first what the one before has left`],
    ] as const;
    return { stream, round: String(attempt), issue: { repo, issueNumber }, title, body: "", details };
  }

  async begin({ eventId, assignment: { issue } }: Claimed): Promise<string | null> {
    if (!issue) return null;
    const event = { type: "WORK_STARTED", eventId: `${eventId}:started`, ...issue, agentId: this.#agentId };
    const posted = await this.#conductor.post(event);
    return posted.outcome === "refused" ? posted.message : null;
  }

  async keep(): Promise<void> {}

  async finish({ eventId, assignment: { issue } }: Claimed, end: WorkEnd): Promise<void> {
    if (!issue || (end !== "failed" && end !== "cancelled")) return;
    if (!(await this.#conductor.isInProgress(issue, this.#agentId))) return;
    const how =
      end === "failed"
        ? { type: "AGENT_STUCK", reason: "the agent's turn failed" }
        : // Given anew, it would have to be stopped again.
          { type: "ESCALATED", reason: "a person stopped the agent's turn" };
    const event = { ...how, eventId: `${eventId}:ended`, ...issue, agentId: this.#agentId };
    await this.#conductor.post(event);
  }
}
