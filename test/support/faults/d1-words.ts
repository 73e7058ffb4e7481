/**
 * Everything that D1, its binding, the transport below it and SQLite are known to say. D1's own list:
 * https://developers.cloudflare.com/d1/observability/debug-d1/
 */
export const D1_WORDS = {
  /** Comes before the commit or after it. */
  lost: [
    "D1 DB reset because its code was updated.",
    "Internal error while starting up D1 DB storage caused object to be reset.",
    "Network connection lost.",
    "Replica disconnected from primary.",
    "Internal error in D1 DB storage caused object to be reset.",
    "Can't read from request stream because client disconnected.",
    "D1 DB storage operation exceeded timeout which caused object to be reset.",
    "D1 DB's isolate exceeded its memory limit and was reset.",
    "D1 DB exceeded its CPU time limit and was reset.",
    "Durable Object reset because its code was updated.",
    "The Durable Object's code has been updated, this version can no longer access storage.",
    "internal error; reference = 4h4e5n86oh8b23q219a15foi",
    "Something went wrong",
    "Failed to parse body as JSON, got: <html>502 Bad Gateway</html>",
    "Failed to parse body as JSON, got: error code: 1031, the backend is overloaded",
    // SQLite was kept from it, which says nothing of the statement.
    "disk I/O error: SQLITE_IOERR",
    "disk I/O error: SQLITE_IOERR (extended: SQLITE_IOERR_FSYNC)",
    "out of memory: SQLITE_NOMEM",
    "interrupted: SQLITE_INTERRUPT",
    "unable to open database file: SQLITE_CANTOPEN",
    "locking protocol: SQLITE_PROTOCOL",
  ],
  /** Comes before the commit, though its words do not say so for certain. */
  unreached: ["Cannot resolve D1 DB due to transient issue on remote node."],
  overloaded: [
    "D1 DB is overloaded. Requests queued for too long.",
    "D1 DB is overloaded. Too many requests queued.",
    "Durable Object is overloaded. Too many requests queued.",
    "Too many API requests by single worker invocation.",
    "Too many subrequests.",
    "Currently processing a long-running export.",
    "Currently processing a long-running import.",
    "Your account has exceeded D1's free tier daily row read limit. Upgrade to a paid plan or wait until tomorrow (midnight UTC) to continue.",
    "Your account has exceeded D1's free tier daily row write limit. Upgrade to a paid plan or wait until tomorrow (midnight UTC) to continue.",
    "database is locked: SQLITE_BUSY",
    "database is locked: SQLITE_BUSY (extended: SQLITE_BUSY_SNAPSHOT)",
    "database table is locked: SQLITE_LOCKED",
  ],
  full: [
    "Exceeded maximum DB size.",
    "Your account has exceeded D1's maximum account storage limit, please contact Cloudflare to raise your limit",
    "database or disk is full: SQLITE_FULL",
  ],
  refused: [
    "No SQL statements detected.",
    "Wrong number of parameter bindings for SQL query.",
    "SQL code did not contain a statement.",
    "A prepared SQL statement must contain only one statement.",
    "When executing multiple SQL statements in a single call, only the last statement can have parameters.",
    "To execute a transaction, please use the state.storage.transaction() or state.storage.transactionSync() APIs instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements.",
    "no such column: x at offset 7: SQLITE_ERROR",
    "UNIQUE constraint failed: parcels.id: SQLITE_CONSTRAINT",
    "UNIQUE constraint failed: parcels.id: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_PRIMARYKEY)",
    "statement too long: SQLITE_TOOBIG",
    "not authorized: SQLITE_AUTH",
    // An app's own words, in a trigger or in a constraint, and SQLite's code behind them.
    "truck is overloaded: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_TRIGGER)",
    "Network connection lost: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_TRIGGER)",
    "CHECK constraint failed: note <> 'exceeded timeout': SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_CHECK)",
    "the box is full: SQLITE_FULL: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_TRIGGER)",
    "come back later: SQLITE_BUSY: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_TRIGGER)",
    "Exceeded maximum DB size.: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_TRIGGER)",
    "the disk says SQLITE_IOERR: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_TRIGGER)",
    "D1_ERROR: D1 DB is overloaded.\nTry later: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_TRIGGER)",
  ],
} as const;

/** Words of an app's trigger that imitate D1. */
export const OWN_WORDS = [
  "truck is overloaded",
  "Network connection lost",
  "the order exceeded timeout",
  "Exceeded maximum DB size.",
  "come back later: SQLITE_BUSY",
  "D1_ERROR: D1 DB was reset.",
];

/** An error as D1's binding throws it. */
export function d1Error(words: string): Error {
  return new Error(`D1_ERROR: ${words}`, { cause: new Error(words) });
}
