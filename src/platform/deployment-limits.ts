const MIB = 1024 * 1024;

/** Limits of reads across all tenants. By themselves, because a Worker without the API has no use for them. */
export const deploymentLimits = {
  /** Tenants with trouble in an answer. */
  troubledShown: 100,
  /** Tenants with dead letters that are looked at to find them: deleted ones are among them. */
  deadHopped: 500,
  /** Dead letters, heads of blocked keys and failing endpoints that are counted of each of them. */
  troubleCounted: { deadLetters: 100, heads: 10, endpoints: 20 },
  /** Tenants with each trouble, and what they have of it, that the overview counts. */
  overviewCounted: { tenants: 500, inactive: 1000, deadLetters: 2500, heads: 250, endpoints: 2500 },
  /** Kept events of e-mails that are counted. */
  keptEvents: 10_000,
  /** Dead letters that a page looks at for each that it may show, and that groups of all tenants are made of. */
  deadLookedPerShown: 20,
  deadGrouped: 3000,
  /** Characters of a search; tenants that it looks at, and hops to endpoints with keyed deliveries; and what it shows of each kind. */
  searchLength: 512,
  searched: { tenants: 10_000, hops: 1500, shown: 100, deliveries: 50 },
  /** Messages that a search looks through; of payloads, the bytes that D1 searches, that are gunzipped, and that this makes. */
  messagesSearched: 1000,
  payloadsSearched: { bytes: 64 * MIB, gzipped: 2 * MIB, gunzipped: 32 * MIB },
} as const;
