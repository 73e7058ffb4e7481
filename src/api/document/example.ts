import type { Schema } from "./reference/schema.ts";

/** A value that fits a schema, made from the examples of its parts. `named`: the schemas that references name. */
export function exampleOf(schema: Schema, named: Record<string, Schema>): unknown {
  if (schema.example !== undefined) return schema.example;
  const reference = schema.$ref?.split("/").at(-1);
  if (reference !== undefined) return exampleOf(named[reference] ?? {}, named);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => exampleOf(part, named)));
  const [branch] = schema.oneOf ?? schema.anyOf ?? [];
  if (branch) return exampleOf(branch, named);
  if (schema.enum) return schema.enum[0];
  if (schema.items) return [exampleOf(schema.items, named)];
  if (schema.properties) {
    const fields = Object.entries(schema.properties);
    return Object.fromEntries(fields.map(([name, field]) => [name, exampleOf(field, named)]));
  }
  return BY_TYPE[[schema.type].flat()[0] ?? ""] ?? null;
}

const BY_TYPE: Record<string, unknown> = {
  string: "…",
  integer: 1,
  number: 1,
  boolean: true,
  object: {},
  array: [],
};
