import { env } from "cloudflare:workers";
import { DrizzleQueryError } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import { type D1Fault, faultOf } from "../../src/db/database.ts";
import { D1_WORDS, d1Error, OWN_WORDS } from "../support/faults/d1-words.ts";

const FAULT_OF: Record<keyof typeof D1_WORDS, D1Fault> = {
  lost: "ambiguous",
  unreached: "ambiguous",
  overloaded: "overloaded",
  full: "full",
  refused: "rejected",
};
const SAID = Object.entries(D1_WORDS).flatMap(([kind, all]) =>
  all.map((words): [string, D1Fault] => [words, FAULT_OF[kind as keyof typeof D1_WORDS]]),
);

describe("the fault", () => {
  test.each(SAID)("is told by what D1 says: %s", (words, fault) => {
    expect(faultOf(d1Error(words))).toBe(fault);
    expect(faultOf(new Error(`D1_ERROR: ${words}`))).toBe(fault);
    expect(faultOf(new Error(`D1_ERROR: ${words}`, { cause: words }))).toBe(fault);
  });

  test.each(SAID)("and not by what others say of it: %s", (words, fault) => {
    const thrown = d1Error(words);
    const query = "insert into parcels values (?) -- D1 DB is overloaded: SQLITE_BUSY";
    expect(faultOf(new DrizzleQueryError(query, ["Network connection lost"], thrown))).toBe(fault);
    // An app may have another copy of drizzle, and words of its own.
    expect(faultOf(new Error(`Failed query: ${query}\nparams: timed out`, { cause: thrown }))).toBe(fault);
    expect(faultOf(new Error("The truck is overloaded", { cause: thrown }))).toBe(fault);
    const lost = new Error("Network connection lost.");
    expect(faultOf(new DrizzleQueryError(query, [`D1_ERROR: ${words}`], lost))).toBe("ambiguous");
    expect(faultOf(new Error(`No parcel was sent: D1_ERROR: ${words}`))).toBe(fault);
  });

  test.each(SAID.filter(([words]) => /^(Network|internal|Durable|Too many|Can't read)/.test(words)))(
    "is told by the transport, which does not name D1: %s",
    (words, fault) => {
      expect(faultOf(new Error(words))).toBe(fault);
    },
  );

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

  test("of several errors in one is what weighs most: that it may have been committed", () => {
    const [lost, overloaded, refused] = [
      "Network connection lost.",
      "D1 DB is overloaded. Too many requests queued.",
      "no such column: x at offset 7: SQLITE_ERROR",
    ].map(d1Error);
    const all = (...errors: unknown[]) => faultOf(new AggregateError(errors, "All attempts have failed"));
    expect(all(overloaded, lost, refused)).toBe("ambiguous");
    expect(all(overloaded, refused)).toBe("rejected");
    expect(all(overloaded, new AggregateError([overloaded]))).toBe("ambiguous");
    expect(all("the parcel is too heavy", undefined)).toBe("rejected");
    expect(all()).toBe("rejected");
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

describe("the errors of the emulator's D1", () => {
  beforeAll(async () => {
    await env.DB.batch([
      env.DB.prepare("CREATE TABLE fault_parcels (note TEXT CHECK (note <> 'Network connection lost'))"),
      ...OWN_WORDS.map((words, n) =>
        env.DB.prepare(
          `CREATE TRIGGER fault_raise_${n} BEFORE INSERT ON fault_parcels WHEN NEW.note = '${n}'
           BEGIN SELECT RAISE(ABORT, '${words}'); END`,
        ),
      ),
    ]);
  });

  const insert = (note: unknown) => env.DB.prepare("INSERT INTO fault_parcels VALUES (?)").bind(note);

  test.each<[string, () => unknown]>([
    ["a constraint with words of D1", () => env.DB.batch([insert("Network connection lost")])],
    ...OWN_WORDS.map((words, n): [string, () => unknown] => [
      `a trigger that says "${words}"`,
      () => env.DB.batch([insert("fine"), insert(String(n))]),
    ]),
    ["too few values", () => env.DB.batch([env.DB.prepare("SELECT ?1, ?2").bind(1)])],
    ["a value that is none", () => insert(undefined).run()],
    ["no statement", () => env.DB.batch([])],
    ["a transaction of its own", () => env.DB.prepare("BEGIN").run()],
    ["a statement that is none", () => env.DB.prepare("INSERTZ").run()],
    ...["; -- x", "; /* x */", ";;", "; \0"].map((end): [string, () => unknown] => [
      `a statement and nothing more, behind ${JSON.stringify(end)}`,
      () => env.DB.batch([insert("fine"), env.DB.prepare(`INSERT INTO fault_parcels VALUES ('also')${end}`)]),
    ]),
    [
      "values for the first of two statements",
      () => env.DB.batch([env.DB.prepare("SELECT ?; SELECT ?").bind(1, 2)]),
    ],
    ["a statement that is too long", () => env.DB.prepare(`SELECT '${"x".repeat(200_000)}'`).all()],
    ["a forbidden statement", () => env.DB.prepare("ATTACH 'x' AS y").run()],
  ])("of %s means that nothing was written", async (_, act) => {
    const error = await (async () => act())().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(Error);
    expect(faultOf(error)).toBe("rejected");
    expect(await env.DB.prepare("SELECT 1 FROM fault_parcels").first()).toBeNull();
  });
});
