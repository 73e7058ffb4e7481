/** The official JSON-Schema-Test-Suite: what is not taken stands in `suite-exceptions.ts`, with the reason. */
/// <reference types="vite/client" />
import { describe, expect, test } from "vitest";
import { surveySchema } from "../../src/schemas/payload-schema.ts";
import { refuseSchema } from "../../src/schemas/refuse-schema.ts";
import { EXCEPTIONS, FORMATS, OPTIONAL, REFUSALS } from "./suite-exceptions.ts";

interface Group {
  description: string;
  schema: unknown;
  tests: { description: string; data: unknown; valid: boolean }[];
}

const files = import.meta.glob<string>(["./suite/draft7/**/*.json", "./suite/draft2020-12/**/*.json"], {
  eager: true,
  query: "?raw",
  import: "default",
});
const DRAFT_7 = "http://json-schema.org/draft-07/schema#";

const chosen = Object.entries(files)
  .map(([path, text]) => ({ path: path.replace("./suite/", "").replace(".json", ""), text }))
  .filter(({ path }) => {
    if (!path.includes("/optional/")) return true;
    const [, format] = path.split("/format/");
    return format ? FORMATS.includes(format) : OPTIONAL.includes(path.split("/optional/")[1] ?? "");
  });

/** Numbers lose no digits on the way from the suite to a schema or a payload. */
function parse(text: string): Group[] {
  return JSON.parse(text, (_key, value, context?: { source?: string }) =>
    typeof value === "number" && context?.source !== undefined ? JSON.rawJSON(context.source) : value,
  );
}

/** A schema of draft-07 says so. */
function declared(path: string, schema: unknown): unknown {
  const isBare = typeof schema === "object" && schema !== null && !("$schema" in schema);
  return path.startsWith("draft7/") && isBare ? { $schema: DRAFT_7, ...schema } : schema;
}

/** What comes out otherwise than the suite has it, by group and case. */
async function differences(path: string, text: string): Promise<string[]> {
  const found = await Promise.all(parse(text).map((group) => differencesOf(group, path)));
  return found.flat();
}

async function differencesOf({ description, schema, tests }: Group, path: string): Promise<string[]> {
  const json = JSON.stringify(declared(path, schema));
  const [refusal] = await refuseSchema(json, "schema");
  if (refusal) {
    const reason = `${refusal.path} ${refusal.message}`;
    return REFUSALS.some(([is]) => is.test(reason)) ? [] : [`${description}: refused: ${reason}`];
  }
  const ready = await surveySchema(json).compile();
  const differ = tests.filter(({ data, valid }) => {
    const { fields, cutShort } = ready.misfits(JSON.stringify(data), "payload");
    return cutShort || (fields.length === 0) !== valid;
  });
  return differ.map((one) => `${description}: ${one.description}`);
}

describe("the official suite", () => {
  test.each(chosen.map(({ path, text }) => [path, text] as const))("%s", async (path, text) => {
    const excepted = Object.keys(EXCEPTIONS[path] ?? {});
    const found = await differences(path, text);
    expect(found.filter((one) => !excepted.some((start) => one.startsWith(start)))).toEqual([]);
    expect(excepted.filter((start) => !found.some((one) => one.startsWith(start)))).toEqual([]);
  });

  test("is there", () => {
    expect(chosen.length).toBeGreaterThan(90);
  });
});
