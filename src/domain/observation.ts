/** Observation of an endpoint by a consumer. It rides on a wake that is made anyway, and may be lost. */
export interface Observation {
  endpointId: string;
  /** Mean duration of its attempts in milliseconds, those under way included with what they have lasted so far. */
  meanMs: number;
  /** Number of deliveries that were tried, when the task is over; 0 before. */
  deliveries: number;
  /** Milliseconds that the task waited in its queue. Undefined when it was handed out before. */
  waitedMs?: number;
  /** An attempt has timed out or hangs, the receiver asked for fewer (429), or the breaker has opened. */
  isBraking: boolean;
}
