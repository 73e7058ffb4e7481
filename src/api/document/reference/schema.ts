import { html } from "hono/html";
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

interface Field {
  name: string;
  required: boolean;
  type: Html;
  description: string;
}

/** A table of an object's fields; for a choice, a table for each branch; for anything else, its type. */
export function schemaTable(schema: Schema): Html {
  const branches = schema.oneOf ?? schema.anyOf;
  if (branches?.some(({ properties }) => properties)) {
    return html`${branches.map((branch, at) => html`${at > 0 ? html`<p>or</p>` : ""}${schemaTable(branch)}`)}`;
  }
  const inherited = (schema.allOf ?? []).filter(({ $ref }) => $ref);
  const fields = fieldsOf(schema);
  if (fields.length === 0) return html`<p>${linkedType(schema)} ${code(schema.description ?? "")}</p>`;
  return html`${inherited.map((part) => html`<p>All of ${linkedType(part)}, and</p>`)}${fieldTable(fields)}`;
}

export function fieldTable(fields: readonly Field[]): Html {
  return html`<table><tbody>${fields.map(
    ({ name, required, type, description }) => html`<tr>
<th scope="row"><code>${name}</code>${required ? "" : html` <i>optional</i>`}</th>
<td>${type}</td><td>${code(description)}</td></tr>`,
  )}</tbody></table>`;
}

/** Nested fields are named by their whole path: `head.messageId`, `messages[].id`. */
function fieldsOf(schema: Schema, path = ""): Field[] {
  return [schema, ...(schema.allOf ?? [])].flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties).flatMap(([key, field]) => {
      const name = `${path}${key}`;
      const own = {
        name,
        required: required.includes(key),
        type: linkedType(field),
        description: describeField(field),
      };
      const within = field.items ? fieldsOf(field.items, `${name}[].`) : fieldsOf(field, `${name}.`);
      return [own, ...within];
    }),
  );
}

/** Description, bounds and default of a field. */
export function describeField(schema: Schema): string {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems, default: otherwise } = schema;
  const least = minimum ?? minLength ?? minItems;
  const most = maximum ?? maxLength ?? maxItems;
  const bounds =
    most !== undefined && most < Number.MAX_SAFE_INTEGER
      ? `${least === undefined ? "At most" : `${least} to`} ${most}${boundedBy(schema)}.`
      : "";
  const said = otherwise === undefined ? "" : `Default: \`${JSON.stringify(otherwise)}\`.`;
  // Beside a reference, the description stands in a part of its own.
  const description = schema.description ?? schema.allOf?.find((part) => part.description)?.description;
  return [description, bounds, said].filter(Boolean).join(" ");
}

function boundedBy({ maxLength, maxItems }: Schema): string {
  if (maxLength !== undefined) return " characters";
  return maxItems === undefined ? "" : " entries";
}

/** A type in a few words; a schema with a name of its own as a link. */
export function linkedType(schema: Schema): Html {
  const name = schema.$ref?.split("/").at(-1);
  if (name !== undefined) return html`<a href="#schema-${name}">${name}</a>`;
  if (schema.const !== undefined) return value(schema.const);
  if (schema.enum) return joined(schema.enum.map(value), ", ");
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) return joined(branches.map(linkedType), " or ");
  if (schema.allOf) return joined(schema.allOf.filter(isType).map(linkedType), " and ");
  if (schema.items) return html`list of ${linkedType(schema.items)}${orNull(schema)}`;
  if (isPage(schema)) return html`page of ${linkedType(schema.properties?.["data"]?.items ?? {})}`;
  const { type, format, additionalProperties } = schema;
  if (typeof additionalProperties === "object") {
    return html`object of ${linkedType(additionalProperties)}${orNull(schema)}`;
  }
  const types = type === undefined ? ["any JSON value"] : [type].flat();
  return html`${types.map((type) => (type === "string" && format ? format : type)).join(" or ")}`;
}

const value = (one: unknown) => html`<code>${JSON.stringify(one)}</code>`;
const isType = ({ $ref, type, properties }: Schema) => ($ref ?? type ?? properties) !== undefined;
const orNull = ({ type }: Schema) => (Array.isArray(type) && type.includes("null") ? " or null" : "");
const isPage = ({ properties }: Schema) => properties?.["nextCursor"] !== undefined;

function joined(parts: readonly Html[], by: string): Html {
  return html`${parts.map((part, at) => html`${at > 0 ? by : ""}${part}`)}`;
}
