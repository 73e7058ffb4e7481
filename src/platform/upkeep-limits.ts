const SECOND = 1000;
const HOUR = 3600 * SECOND;

/** Limits of the cron's work, and of what it reports: a part of `limits`. */
export const upkeepLimits = {
  /**
   * Shares of the database's limit from which it counts as filling, nearly full and full, which refuses commits; the
   * share from which messages are purged early, and their least age.
   */
  fillingShare: 0.7,
  nearlyFullShare: 0.85,
  purgeEarlyShare: 0.9,
  fullShare: 0.98,
  /** Interval at which an isolate asks a full database again. */
  gaugeFreshMs: 5 * SECOND,
  /** Size of a D1 database on Workers Paid, in GB, and bounds of `DATABASE_MAX_GB`. */
  databaseGb: { from: 0.001, to: 10, otherwise: 10 },
  /**
   * Time for which `GET /health` repeats the sweep's findings without asking D1; and age of the findings from which the
   * sweep counts as missed.
   */
  reportKeptMs: 10 * SECOND,
  sweepMissedMs: 3 * 60 * SECOND,
  /** Entries of ordering keys that one run of the cron examines for stuck ones. */
  keysPerRepair: 500,

  /** Grace for the relay before the sweep acts. */
  sweepGraceMs: 2 * SECOND,
  /** Lateness from which `GET /health` counts a delivery. */
  lateMs: 10 * SECOND,
  /** Late tenants that the sweep names in its report. */
  lateTenantsKept: 100,
  tenantsPerSweep: 1000,
  wakesAtOnce: 20,
  /** Time after which a sweep begins no call; the next one begins elsewhere. */
  sweepMs: 40 * SECOND,
  /** `GET /health` answers 503 when the oldest due delivery is later than this. */
  overdueMs: 5 * 60 * SECOND,

  /**
   * Warnings of the cron. `late`: lateness of a delivery from which its tenant is told, the quiet time after that, and the tenants that
   * one run looks at. `dead`: number of dead letters within the quiet time from which their tenant is told, the newest ones that are
   * looked at, the tenants that one run looks at, and those that it tells. Quiet time of the filling of the database.
   * `complaints`: number from which their tenant is told, the shares of accepted e-mails that each level begins at, the time over
   * which both are counted, the quiet time of a level, the tenants that one run judges, and the sums that it reads of each.
   */
  warnings: {
    late: { afterMs: 120 * SECOND, quietMs: HOUR, tenants: 100 },
    dead: { from: 10, looked: 100, quietMs: 24 * HOUR, tenants: 500, told: 20 },
    fillingQuietMs: 24 * HOUR,
    complaints: {
      ...{ from: 5, shares: { warning: 0.001, grave: 0.003 } },
      ...{ withinMs: 7 * 24 * HOUR, quietMs: 24 * HOUR, tenants: 200, sums: 50_000 },
    },
  },

  /** Bounds of a setting in days: from a minute and a half to ten years. */
  daysOfSetting: { from: 0.001, to: 3650 },
  /** Days for which a tenant's usage is kept. */
  usageKeptDays: 31,
  /** Interval at which a tenant's old messages are examined, or the retention, if that is shorter. */
  purgeEveryMs: 24 * HOUR,
  /** Limits of one purge: the tenants that get a turn, the steps in all, and the time. */
  tenantsPerPurge: 58,
  stepsPerPurge: 58,
  purgeMs: 20 * SECOND,
  /**
   * Limits of one step, a transaction: the messages that it examines, and the weight that it removes. A delivery, an
   * attempt and 4 KiB of payload weigh 1 each.
   */
  messagesPerPurgeStep: 500,
  weightPerPurgeStep: 5000,
  /** Time for which the answer to an idempotency key is kept; keys, and audit entries, that one step removes. */
  requestKeyMs: 7 * 24 * HOUR,
  requestKeysPerPurgeStep: 500,

  /**
   * Endpoints whose secrets one run of the cron reseals, and the wait before those that did not open are tried again.
   */
  endpointsPerReseal: 100,
  /** Each has up to half a megabyte. */
  emailsPerReseal: 25,
  resealAgainMs: 1 * HOUR,

  /**
   * Interval of summing up outcomes; time and D1 queries after which a run begins no further batch; tenants in a batch, and
   * the deliveries of each at which it looks.
   */
  sumsEveryMs: 5 * 60 * SECOND,
  sumsMs: 20 * SECOND,
  sumsQueries: 200,
  tenantsPerSum: 50,
  deliveriesPerSum: 2000,
  /** Age at which sums of five minutes become hours, hours days, and days are removed; and sums folded at once. */
  sumsKept: { shortestMs: 3 * 24 * HOUR, hoursMs: 90 * 24 * HOUR, daysMs: 730 * 24 * HOUR },
  sumsFoldedAtOnce: 5000,

  /** Interval of the cron, and time after which a job of it counts as not ended. */
  cronMs: 60 * SECOND,
  jobMs: 58 * SECOND,
} as const;
