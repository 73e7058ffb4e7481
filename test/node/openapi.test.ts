import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import "@hyperjump/json-schema/formats";
import { registerSchema, setShouldValidateFormat, validate } from "@hyperjump/json-schema/openapi-3-1";
import { describe, expect, test } from "vitest";
import type { Content, Operation } from "../../src/api/document/reference/operation.ts";
import type { Schema } from "../../src/api/document/reference/schema.ts";
import { SRC, sources } from "./sources.ts";

const URI = "https://document.invalid/openapi.json";
const document = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../docs/reference/openapi.json"), "utf8"),
);

registerSchema(document, URI, "https://spec.openapis.org/oas/3.1/dialect/base");
setShouldValidateFormat(true);

/** Why a value does not fit a schema. */
async function misfit(schema: string, value: unknown) {
  const output = await validate(schema, value as never, "BASIC");
  return output.valid ? undefined : (output.errors ?? "all of it");
}

interface Example {
  /** Where its schema is, as a JSON pointer. */
  at: string;
  value: unknown;
}

const keyOf = (name: string) => name.replaceAll("~", "~0").replaceAll("/", "~1");

/** Every example of the document, with the schema it stands in or beside. */
function* examplesIn(node: unknown, at = ""): Generator<Example> {
  if (typeof node !== "object" || node === null) return;
  const { schema, example } = node as Content & Schema;
  if (example !== undefined) yield { at: schema === undefined ? at : `${at}/schema`, value: example };
  for (const [name, part] of Object.entries(node)) {
    if (name !== "example") yield* examplesIn(part, `${at}/${encodeURIComponent(keyOf(name))}`);
  }
}

function named({ $ref = "" }: Schema): Schema | undefined {
  return document.components.schemas[$ref.split("/").at(-1) ?? ""];
}

/** Every field that fits a schema, and those within it. */
function* fieldsIn(schema: Schema, at: string): Generator<{ name: string; description: string | undefined }> {
  const { properties = {}, items, oneOf = [], anyOf = [], allOf = [] } = schema;
  for (const part of [...oneOf, ...anyOf, ...allOf, items, named(schema)]) {
    if (part) yield* fieldsIn(part, at);
  }
  for (const [name, field] of Object.entries(properties)) {
    // Beside a reference it stands in a part of its own; a mere reference is explained where it leads.
    const told = [field, ...(field.allOf ?? []), named(field)].find((part) => part?.description);
    yield { name: `${at}.${name}`, description: told?.description };
    yield* fieldsIn(field, `${at}.${name}`);
  }
}

/** Every description and summary of the document; examples are the data of somebody else. */
function* textsIn(node: unknown, at = ""): Generator<{ at: string; text: string }> {
  if (typeof node !== "object" || node === null) return;
  for (const [name, part] of Object.entries(node)) {
    const place = `${at}/${name}`;
    if (typeof part === "string") {
      if (name === "description" || name === "summary") yield { at: place, text: part };
    } else if (name !== "example") yield* textsIn(part, place);
  }
}

const isTitle = (at: string) => at.endsWith("/summary");
/** An answer that is one of several problems is told by their codes. */
const CODES = /^`[a-z_]+`(, `[a-z_]+`)*$/;
/** Sentences that begin with a relative have no subject. */
const RELATIVE =
  /(?:^|[.!?]\s+)(?:(?:By|In|To|For|Of|With|At|From) which|What|Who|Whose|Which|That|Those|The same|Whether)\b/;

const examples = [...examplesIn(document)];
const texts = [...textsIn(document)];

describe("the document", () => {
  test("is one of OpenAPI 3.1", async () => {
    expect(await misfit("https://spec.openapis.org/oas/3.1/schema-base", document)).toBeUndefined();
  });

  test("explains every field that a request or an answer can have", () => {
    const operations = Object.values<Record<string, Operation>>(document.paths).flatMap(Object.values);
    const parameters = operations.flatMap(({ operationId, parameters = [] }: Operation) =>
      parameters.map(({ name, description }) => ({ name: `${operationId}: ${name}`, description })),
    );
    const fields = operations.flatMap(({ operationId, requestBody, responses }: Operation) =>
      [requestBody, ...Object.values(responses)]
        .flatMap((body) => Object.values(body?.content ?? {}))
        .flatMap(({ schema = {} }) => [...fieldsIn(schema, operationId)]),
    );
    expect(parameters.length).toBeGreaterThan(100);
    expect(fields.length).toBeGreaterThan(1000);
    const unexplained = [...parameters, ...fields].filter(({ description }) => !description);
    expect(unexplained.map(({ name }) => name)).toEqual([]);
  });

  test("takes its words from the API alone: apps without it carry none", () => {
    const describers = sources
      .filter((file) => readFileSync(file, "utf8").includes(".describe("))
      .map((file) => relative(SRC, file));
    expect(describers).toContain("api/described.ts");
    expect(describers.filter((file) => !file.startsWith("api/"))).toEqual([]);
  });

  test("says everything in whole sentences that begin with the thing itself", () => {
    const unclear = texts
      .filter(
        ({ at, text }) => !isTitle(at) && !CODES.test(text) && (!/[.!]$/.test(text) || RELATIVE.test(text)),
      )
      .map(({ at, text }) => `${at}: ${text}`);
    expect(texts.length).toBeGreaterThan(500);
    expect(unclear, "Begin with the noun or verb of the thing, and end with a full stop").toEqual([]);
  });

  test("describes every operation, parameter, answer and group, and names each in a summary", () => {
    const operations = Object.values<Record<string, Operation>>(document.paths).flatMap(Object.values);
    const untold = operations.flatMap(({ operationId, summary, parameters = [], responses }: Operation) => [
      ...(summary ? [] : [operationId]),
      ...parameters.filter(({ description }) => !description).map(({ name }) => `${operationId}: ${name}`),
      ...Object.entries(responses)
        .filter(([, { description }]) => !description)
        .map(([status]) => `${operationId}: ${status}`),
    ]);
    expect(untold).toEqual([]);
    expect(document.tags.filter(({ description }: { description?: string }) => !description)).toEqual([]);
  });

  test("has an example of every body that is taken or answered", () => {
    const bodies = Object.values<Record<string, { requestBody?: object; responses: object }>>(document.paths)
      .flatMap((methods) => Object.values(methods))
      .flatMap(({ requestBody = {}, responses }) => [requestBody, ...Object.values(responses)])
      .flatMap(({ content }) => content?.["application/json"] ?? []);
    expect(bodies.length).toBeGreaterThan(50);
    expect(bodies.filter(({ example }) => example === undefined)).toEqual([]);
  });

  test("has examples that fit their schemas, every one", async () => {
    expect(examples.length).toBeGreaterThan(100);
    for (const { at, value } of examples) {
      expect(await misfit(`${URI}#${at}`, value), `${at}: ${JSON.stringify(value)}`).toBeUndefined();
    }
  });
});
