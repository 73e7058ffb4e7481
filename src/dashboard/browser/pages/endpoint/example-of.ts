type Schema = Readonly<Record<string, unknown>>;

/** Deeper schemas are left empty: they may name themselves. */
const DEPTH = 6;

/** An example of a JSON Schema: its own, or values of its types. Whether it fits, the API tells. */
export function exampleOf(schema: unknown, root = schema, depth = 0): unknown {
  if (!isObject(schema) || depth > DEPTH) return {};
  const { examples, enum: values, anyOf, oneOf, allOf, $ref } = schema;
  for (const given of ["example", "default", "const"]) if (given in schema) return schema[given];
  const [first] =
    ([examples, values].find((list) => Array.isArray(list) && list.length > 0) as unknown[]) ?? [];
  if (first !== undefined) return first;
  if (typeof $ref === "string") return exampleOf(at($ref, root), root, depth + 1);
  const [branch] = ([anyOf, oneOf].find(Array.isArray) ?? []) as unknown[];
  if (branch !== undefined) return exampleOf(branch, root, depth + 1);
  const whole = Array.isArray(allOf) ? (Object.assign({}, schema, ...allOf) as Schema) : schema;
  return ofType(whole, root, depth);
}

function ofType(schema: Schema, root: unknown, depth: number): unknown {
  const { type, properties, items, format, minimum } = schema;
  const [one] = [type].flat();
  if (isObject(properties) || one === "object") {
    const entries = Object.entries(isObject(properties) ? properties : {});
    return Object.fromEntries(entries.map(([name, of]) => [name, exampleOf(of, root, depth + 1)]));
  }
  if (one === "array") return items === undefined ? [] : [exampleOf(items, root, depth + 1)];
  if (one === "number" || one === "integer") return typeof minimum === "number" ? minimum : 1;
  if (one === "boolean") return true;
  if (one === "null") return null;
  return (typeof format === "string" && FORMATS[format]) || "text";
}

const FORMATS: Readonly<Record<string, string>> = {
  "date-time": "2026-01-31T12:00:00Z",
  date: "2026-01-31",
  email: "ada@example.com",
  uri: "https://example.com/",
  uuid: "00000000-0000-4000-8000-000000000000",
};

/** The part of a schema that a reference within it names. */
function at(ref: string, root: unknown): unknown {
  const names = ref.startsWith("#/") ? ref.slice(2).split("/") : [];
  return names.reduce<unknown>((of, name) => (isObject(of) ? of[name] : undefined), root);
}

function isObject(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
