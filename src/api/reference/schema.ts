import { html, raw } from "hono/html";
import { code, type Html } from "./text.ts";

/** The parts of a JSON Schema that the page reads. */
export interface Schema {
  $ref?: string;
  type?: string | readonly string[];
  format?: string;
  description?: string;
  enum?: readonly unknown[];
  const?: unknown;
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  required?: readonly string[];
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  allOf?: readonly Schema[];
  example?: unknown;
  examples?: readonly unknown[];
  default?: unknown;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
}

/** The fields of an object, one to a row; of a choice, each branch; of anything else, its type. */
export function schemaTable(schema: Schema): Html {
  const branches = schema.oneOf ?? schema.anyOf;
  if (branches?.some(({ properties }) => properties)) {
    return html`${branches.map((branch, at) => html`${at > 0 ? raw("<p>or</p>") : ""}${schemaTable(branch)}`)}`;
  }
  const parts = [schema, ...(schema.allOf ?? [])];
  const inherited = parts.filter(({ $ref }) => $ref);
  const fields = parts.flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties).map(([name, field]) => ({ name, field, required: required.includes(name) })),
  );
  if (fields.length === 0) return html`<p>${linkedType(schema)} ${code(schema.description ?? "")}</p>`;
  return html`${inherited.map((part) => html`<p>All of ${linkedType(part)}, and</p>`)}<table><tbody>${fields.map(
    ({ name, field, required }) => html`<tr>
<th scope="row"><code>${name}</code>${required ? "" : raw(" <i>optional</i>")}</th>
<td>${linkedType(field)}</td><td>${code(describe(field))}</td></tr>`,
  )}</tbody></table>`;
}

function describe(schema: Schema): string {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems, default: otherwise } = schema;
  const least = minimum ?? minLength ?? minItems;
  const most = maximum ?? maxLength ?? maxItems;
  const bounds =
    most !== undefined && most < Number.MAX_SAFE_INTEGER
      ? `${least === undefined ? "At most" : `${least} to`} ${most}${boundedBy(schema)}.`
      : "";
  const said = otherwise === undefined ? "" : `Default: \`${JSON.stringify(otherwise)}\`.`;
  return [schema.description, bounds, said].filter(Boolean).join(" ");
}

function boundedBy({ maxLength, maxItems }: Schema): string {
  if (maxLength !== undefined) return " characters";
  return maxItems === undefined ? "" : " entries";
}

/** A type in a few words; a schema with a name of its own as a link. */
export function linkedType(schema: Schema): Html {
  const name = schema.$ref?.split("/").at(-1);
  if (name !== undefined) return html`<a href="#schema-${name}">${name}</a>`;
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.enum)
    return joined(
      schema.enum.map((value) => html`<code>${JSON.stringify(value)}</code>`),
      ", ",
    );
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) return joined(branches.map(linkedType), " or ");
  if (schema.allOf) return joined(schema.allOf.map(linkedType), " and ");
  if (schema.items) return html`list of ${linkedType(schema.items)}${isNullable(schema) ? " or null" : ""}`;
  const types = schema.type === undefined ? ["any JSON value"] : [schema.type].flat();
  const { format } = schema;
  return html`${types.map((type) => (type === "string" && format ? format : type)).join(" or ")}`;
}

function isNullable({ type }: Schema): boolean {
  return Array.isArray(type) && type.includes("null");
}

function joined(parts: readonly Html[], by: string): Html {
  return html`${parts.map((part, at) => html`${at > 0 ? by : ""}${part}`)}`;
}
