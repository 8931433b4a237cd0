/** What goes wrong with the Gateway, on command. The connections look here before they answer. */
export class GatewayFaults {
  /** Heartbeats are not acknowledged. */
  isSilent = false;
  /** Until when (milliseconds since 1970) new connections are refused. */
  refusedUntil = 0;
  /** So many of the next dispatches are sent twice, the second time with a sequence of its own. */
  duplicates = 0;
  /** IDENTIFY and RESUME are answered with op 9 so many times. */
  invalidSessions = 0;

  clear(): void {
    this.isSilent = false;
    this.refusedUntil = 0;
    this.duplicates = 0;
    this.invalidSessions = 0;
  }
}
