/** Figures of D1 since they were last taken. */
export interface D1Figures {
  roundTrips: number;
  /** Milliseconds in which it carried out statements, one after another. */
  sqlMs: number;
}
