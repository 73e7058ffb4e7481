/** Figures of D1 since they were last taken. */
export interface D1Figures {
  roundTrips: number;
  statements: number;
  /** Milliseconds in which at least one call had reached D1 and was not answered. */
  busyMs: number;
}
