import type { z } from "zod";

type Issue = z.core.$ZodIssue;

/** Beginnings of the library's own sentences. Sentences of a schema's author are kept. */
const OF_THE_LIBRARY = /^(Invalid|Too big|Too small|Unrecognized)\b/;

const ENTRIES: Readonly<Record<string, string>> = {
  string: "characters",
  array: "entries",
  set: "entries",
  map: "entries",
  object: "names",
};

const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
  null: "null",
  date: "a date",
};

/** Tells the expected value, as a sentence that follows the path of the field. */
export function sentenceFor(issue: Issue): string {
  return OF_THE_LIBRARY.test(issue.message) ? ours(issue) : issue.message;
}

function ours(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return wrongType(issue);
    case "invalid_value":
      return `must be ${anyOf(issue.values)}`;
    case "too_big":
      return `must ${bound(issue.origin, issue.inclusive === false ? "less than" : "at most", issue.maximum)}`;
    case "too_small":
      return `must ${bound(issue.origin, issue.inclusive === false ? "more than" : "at least", issue.minimum)}`;
    case "invalid_format":
      return issue.format === "email" ? "must be an e-mail address" : issue.message;
    default:
      return issue.message;
  }
}

function wrongType({ expected, message }: z.core.$ZodIssueInvalidType): string {
  const [, received = ""] = /received (\w+)$/.exec(message) ?? [];
  if (received === "undefined") return "is required";
  const wanted = TYPES[expected] ?? expected;
  const given = TYPES[received];
  const differs = given !== wanted && !(expected === "int" && received === "number");
  return given && differs ? `must be ${wanted}, and not ${given}` : `must be ${wanted}`;
}

/** `anyOf(["a", "b", "c"])` is `"a", "b" or "c"`. */
export function anyOf(values: readonly unknown[]): string {
  const texts = values.map((value) => JSON.stringify(value));
  const last = texts.pop() ?? "";
  return texts.length > 0 ? `${texts.join(", ")} or ${last}` : last;
}

function bound(origin: string, relation: string, number: number | bigint): string {
  const entries = ENTRIES[origin];
  if (!entries) return `be ${relation} ${number}`;
  const noun = Number(number) === 1 ? entries.replace(/ies$/, "y").replace(/s$/, "") : entries;
  return `have ${relation} ${number} ${noun}`;
}
