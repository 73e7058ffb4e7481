type Schema = Readonly<Record<string, unknown>>;

/** Numbers of many digits are objects, too. */
const isObject = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Deeper parts of a schema, and references that lead back to themselves, are left out. */
const DEPTH = 12;

/** A payload as a JSON Schema describes it, for people to look at: it need not fit every rule. */
export function exampleOf(schema: unknown): unknown {
  return valueFor(schema, schema, 0);
}

function valueFor(part: unknown, root: unknown, depth: number): unknown {
  if (!isObject(part) || depth > DEPTH) return {};
  const inner = (one: unknown) => valueFor(one, root, depth + 1);
  const given = [part["examples"], part["enum"]].find((list) => Array.isArray(list) && list.length > 0);
  for (const name of ["example", "const", "default"]) if (part[name] !== undefined) return part[name];
  if (given) return (given as unknown[])[0];
  if (typeof part["$ref"] === "string") return inner(referred(part["$ref"], root));
  const branch = [part["oneOf"], part["anyOf"]].find(Array.isArray)?.[0];
  if (Array.isArray(part["allOf"])) {
    const values = [{ ...part, allOf: undefined }, ...part["allOf"]].map(inner).filter(isObject);
    return Object.assign({}, ...values);
  }
  if (branch !== undefined && part["properties"] === undefined) return inner(branch);
  return typed(part, inner);
}

function typed(part: Schema, inner: (one: unknown) => unknown): unknown {
  const { properties, items, prefixItems } = part;
  const type = [part["type"]].flat().find((one) => one !== "null");
  if (isObject(properties)) {
    return Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, inner(one)]));
  }
  if (Array.isArray(prefixItems)) return prefixItems.map(inner);
  if (type === "array" || items !== undefined) return items === undefined ? [] : [inner(items)];
  if (type === "string") return FORMATS[String(part["format"])] ?? "text";
  if (type === "integer" || type === "number") return part["minimum"] ?? 1;
  return type === "boolean" ? true : {};
}

const FORMATS: Record<string, string> = {
  "date-time": "2026-11-23T22:08:38Z",
  date: "2026-11-23",
  time: "22:08:38Z",
  duration: "PT5M",
  email: "ada@example.com",
  hostname: "example.com",
  ipv4: "203.0.113.7",
  ipv6: "2001:db8::7",
  uri: "https://example.com/",
  uuid: "123e4567-e89b-42d3-a456-426614174000",
};

/** The part of a schema that a reference within it names: `#/$defs/address`. */
function referred(reference: string, root: unknown): unknown {
  const names = reference.replace(/^#\/?/, "").split("/").filter(Boolean);
  return names.reduce<unknown>((part, name) => {
    const key = name.replaceAll("~1", "/").replaceAll("~0", "~");
    return isObject(part) && Object.hasOwn(part, key) ? part[key] : undefined;
  }, root);
}
