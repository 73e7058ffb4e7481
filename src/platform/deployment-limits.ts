/** Limits of reads across all tenants: a part of `limits`. */
export const deploymentLimits = {
  /** Tenants with trouble in an answer. */
  troubledShown: 100,
  /** Tenants with dead letters that are looked at to find them: deleted ones are among them. */
  deadHopped: 500,
  /** Dead letters, heads of blocked keys and failing endpoints that are counted of each of them. */
  troubleCounted: { deadLetters: 100, heads: 10, endpoints: 20 },
  /** Tenants with each trouble, and what they have of it, that the overview counts. */
  overviewCounted: { tenants: 1000, inactive: 1000, deadLetters: 2500, heads: 250, endpoints: 2500 },
  /** Dead letters that a page looks at for each that it may show, and that groups of all tenants are made of. */
  deadLookedPerShown: 20,
  deadGrouped: 5000,
} as const;
