import { env } from "cloudflare:workers";
import { DrizzleQueryError } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { type D1Fault, faultOf } from "../../src/db/database.ts";

/** Everything D1, its binding, its transport and SQLite are known to say, and what is to be made of it. */
const SAID: [words: string, fault: D1Fault][] = [
  // D1's documented list: https://developers.cloudflare.com/d1/observability/debug-d1/
  ["D1 DB reset because its code was updated.", "ambiguous"],
  ["Internal error while starting up D1 DB storage caused object to be reset.", "ambiguous"],
  ["Network connection lost.", "ambiguous"],
  ["Replica disconnected from primary.", "ambiguous"],
  ["Internal error in D1 DB storage caused object to be reset.", "ambiguous"],
  ["Cannot resolve D1 DB due to transient issue on remote node.", "ambiguous"],
  ["Can't read from request stream because client disconnected.", "ambiguous"],
  ["D1 DB storage operation exceeded timeout which caused object to be reset.", "ambiguous"],
  ["D1 DB's isolate exceeded its memory limit and was reset.", "ambiguous"],
  ["D1 DB exceeded its CPU time limit and was reset.", "ambiguous"],
  ["D1 DB is overloaded. Requests queued for too long.", "overloaded"],
  ["D1 DB is overloaded. Too many requests queued.", "overloaded"],
  ["No SQL statements detected.", "rejected"],
  ["Exceeded maximum DB size.", "full"],
  [
    "Your account has exceeded D1's maximum account storage limit, please contact Cloudflare to raise your limit",
    "full",
  ],
  [
    "Your account has exceeded D1's free tier daily row write limit. Upgrade to a paid plan or wait until tomorrow (midnight UTC) to continue.",
    "overloaded",
  ],
  [
    "Your account has exceeded D1's free tier daily row read limit. Upgrade to a paid plan or wait until tomorrow (midnight UTC) to continue.",
    "overloaded",
  ],
  // While a database is exported or imported it serves nobody.
  ["Currently processing a long-running export.", "overloaded"],
  ["Currently processing a long-running import.", "overloaded"],
  // The binding, and the transport below it.
  ["Failed to parse body as JSON, got: <html>502 Bad Gateway</html>", "ambiguous"],
  ["Failed to parse body as JSON, got: error code: 1031, the backend is overloaded", "ambiguous"],
  ["Something went wrong", "ambiguous"],
  ["internal error; reference = 4h4e5n86oh8b23q219a15foi", "ambiguous"],
  ["Durable Object reset because its code was updated.", "ambiguous"],
  ["The Durable Object's code has been updated, this version can no longer access storage.", "ambiguous"],
  ["Durable Object is overloaded. Too many requests queued.", "overloaded"],
  ["Too many API requests by single worker invocation.", "overloaded"],
  ["Too many subrequests.", "overloaded"],
  ["Wrong number of parameter bindings for SQL query.", "rejected"],
  [
    "To execute a transaction, please use the state.storage.transaction() or state.storage.transactionSync() APIs instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements.",
    "rejected",
  ],
  // SQLite, whose code comes last.
  ["no such column: x at offset 7: SQLITE_ERROR", "rejected"],
  ["UNIQUE constraint failed: parcels.id: SQLITE_CONSTRAINT", "rejected"],
  [
    "UNIQUE constraint failed: parcels.id: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_PRIMARYKEY)",
    "rejected",
  ],
  ["statement too long: SQLITE_TOOBIG", "rejected"],
  ["not authorized: SQLITE_AUTH", "rejected"],
  ["database is locked: SQLITE_BUSY", "overloaded"],
  ["database is locked: SQLITE_BUSY (extended: SQLITE_BUSY_SNAPSHOT)", "overloaded"],
  ["database table is locked: SQLITE_LOCKED", "overloaded"],
  ["database or disk is full: SQLITE_FULL", "full"],
  // An app's own words, in a trigger or in a constraint, and the code behind them.
  ["truck is overloaded: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_TRIGGER)", "rejected"],
  ["Network connection lost: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_TRIGGER)", "rejected"],
  [
    "CHECK constraint failed: note <> 'exceeded timeout': SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_CHECK)",
    "rejected",
  ],
  ["the box is full: SQLITE_FULL: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_TRIGGER)", "rejected"],
  ["come back later: SQLITE_BUSY: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_TRIGGER)", "rejected"],
  ["Exceeded maximum DB size.: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_TRIGGER)", "rejected"],
  [
    "D1_ERROR: D1 DB is overloaded.\nTry later: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_TRIGGER)",
    "rejected",
  ],
];

describe("what went wrong", () => {
  test.each(SAID)("is told by what D1 says: %s", (words, fault) => {
    const thrown = new Error(`D1_ERROR: ${words}`, { cause: new Error(words) });
    expect(faultOf(thrown)).toBe(fault);
    expect(faultOf(new Error(`D1_ERROR: ${words}`))).toBe(fault);
    expect(faultOf(new Error(`D1_ERROR: ${words}`, { cause: words }))).toBe(fault);
  });

  test.each(SAID)("and not by what others say of it: %s", (words, fault) => {
    const thrown = new Error(`D1_ERROR: ${words}`, { cause: new Error(words) });
    const query = "insert into parcels values (?) -- D1 DB is overloaded: SQLITE_BUSY";
    expect(faultOf(new DrizzleQueryError(query, ["Network connection lost"], thrown))).toBe(fault);
    // An app may have another copy of drizzle, and words of its own.
    expect(faultOf(new Error(`Failed query: ${query}\nparams: timed out`, { cause: thrown }))).toBe(fault);
    expect(faultOf(new Error("The truck is overloaded", { cause: thrown }))).toBe(fault);
    const lost = new Error("Network connection lost.");
    expect(faultOf(new DrizzleQueryError(query, [`D1_ERROR: ${words}`], lost))).toBe("ambiguous");
    expect(faultOf(new Error(`No parcel was sent: D1_ERROR: ${words}`))).toBe(fault);
  });

  test.each(
    SAID.filter(([words]) => /^(Network|internal|Durable|Too many|Can't read)/.test(words)),
  )("is told by the transport, which does not name D1: %s", (words, fault) => {
    expect(faultOf(new Error(words))).toBe(fault);
  });

  test("of which nothing is known may have been committed", () => {
    expect(faultOf(new Error("D1_ERROR: an error of a year to come"))).toBe("ambiguous");
  });

  test.each([
    new TypeError("Cannot read properties of undefined (reading 'results')"),
    new Error("D1_TYPE_ERROR: Type 'undefined' not supported for value 'Network connection lost'", {
      cause: new Error("Type 'undefined' not supported for value 'Network connection lost'"),
    }),
    new Error("D1_TYPE_ERROR: Type 'symbol' not supported for value 'D1_ERROR: was reset'", {
      cause: new Error("Type 'symbol' not supported for value 'D1_ERROR: was reset'"),
    }),
    new Error("D1_COLUMN_NOTFOUND: Column not found (overloaded)", { cause: new Error("Column not found") }),
    new Error("The parcel is too heavy"),
    "The parcel is too heavy",
    { wrong: "Network connection lost" },
    Object.create(null),
    undefined,
    null,
  ])("is our own doing, or the app's: %o", (error) => {
    expect(faultOf(error)).toBe("rejected");
  });

  test("is found however deep it lies, and a circle of causes has an end", () => {
    const deep = [1, 2, 3].reduce(
      (cause: Error) => new Error("again", { cause }),
      new Error("D1_ERROR: Network connection lost."),
    );
    expect(faultOf(deep)).toBe("ambiguous");
    const circle = new Error("round and round");
    circle.cause = circle;
    expect(faultOf(circle)).toBe("rejected");
  });
});

describe("what the emulator's D1 says", () => {
  beforeAll(async () => {
    await env.DB.batch([
      env.DB.prepare("CREATE TABLE fault_parcels (note TEXT CHECK (note <> 'Network connection lost'))"),
      env.DB.prepare(
        `CREATE TRIGGER fault_raise BEFORE INSERT ON fault_parcels WHEN NEW.note = 'heavy'
         BEGIN SELECT RAISE(ABORT, 'truck is overloaded'); END`,
      ),
      env.DB.prepare(
        `CREATE TRIGGER fault_raise_busy BEFORE INSERT ON fault_parcels WHEN NEW.note = 'busy'
         BEGIN SELECT RAISE(ABORT, 'later: SQLITE_BUSY'); END`,
      ),
    ]);
  });

  const insert = (note: string) => env.DB.prepare("INSERT INTO fault_parcels VALUES (?)").bind(note);

  test.each<[string, () => unknown]>([
    ["a constraint with words of D1", () => env.DB.batch([insert("Network connection lost")])],
    ["a trigger with words of D1", () => env.DB.batch([insert("fine"), insert("heavy")])],
    ["a trigger with a code of SQLite", () => env.DB.batch([insert("busy")])],
    ["too few values", () => env.DB.batch([env.DB.prepare("SELECT ?1, ?2").bind(1)])],
    ["a value that is none", () => insert(undefined as unknown as string).run()],
    ["no statement", () => env.DB.batch([])],
    ["a transaction of its own", () => env.DB.prepare("BEGIN").run()],
    ["a statement that is none", () => env.DB.prepare("INSERTZ").run()],
    ["a statement that is too long", () => env.DB.prepare(`SELECT '${"x".repeat(200_000)}'`).all()],
    ["what is not allowed", () => env.DB.prepare("ATTACH 'x' AS y").run()],
  ])("of %s means that nothing was written", async (_, act) => {
    const error = await (async () => act())().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(Error);
    expect(faultOf(error)).toBe("rejected");
  });
});
