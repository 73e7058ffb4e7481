import { html } from "hono/html";
import { curlFor, typescriptFor } from "./request.ts";
import { describeField, fieldTable, linkedType, type Schema, schemaTable } from "./schema.ts";
import { code, type Html, heading, prose } from "./text.ts";

export interface Content {
  schema?: Schema;
  example?: unknown;
}

export interface Operation {
  operationId: string;
  tags?: readonly string[];
  summary?: string;
  description?: string;
  security?: readonly Record<string, readonly string[]>[];
  parameters?: readonly Parameter[];
  requestBody?: { required?: boolean; content: Record<string, Content> };
  responses: Record<string, { description: string; content?: Record<string, Content> }>;
}

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
}

interface Placed extends Operation {
  method: string;
  path: string;
}

/**
 * Parameters, body and answers of an operation, with a request to copy. `named`: the schemas that references name.
 */
export function operationSection(operation: Placed, named: Record<string, Schema>): Html {
  const { operationId, method, path, summary, description, parameters = [], responses } = operation;
  const body = operation.requestBody?.content["application/json"];
  return html`<article id="${operationId}">
<h3>${heading(operationId, summary ?? operationId)}</h3>
<p class="path"><span class="method ${method}">${method.toUpperCase()}</span> <code>${path}</code></p>
${prose(description)}
<p class="access">${accessOf(operation)}</p>
${parameters.length > 0 ? html`<h4>Parameters</h4>${fieldTable(parameters.map(parameterField))}` : ""}
${body?.schema ? html`<h4>Body: ${linkedType(body.schema)}</h4>${schemaTable(resolved(body.schema, named))}` : ""}
<h4>Example</h4>
<pre><code>${curlFor(operation, body?.example)}</code></pre>
<details><summary>TypeScript</summary>
<pre><code>${typescriptFor(operation, body?.example)}</code></pre></details>
<h4>Answers</h4>
<dl>${Object.entries(responses).map(
    ([status, { description, content }]) =>
      html`<dt>${status}</dt><dd>${code(description)}${answered(content)}</dd>`,
  )}</dl>
</article>`;
}

function resolved(schema: Schema, named: Record<string, Schema>): Schema {
  return named[schema.$ref?.split("/").at(-1) ?? ""] ?? schema;
}

function accessOf({ security = [] }: Operation): Html {
  if (security.length === 0) return html`Takes no token.`;
  const scopes = security.flatMap((one) => one["tenant"] ?? []);
  const roles = security.flatMap((one) => one["operator"] ?? []);
  const operators = html`A token of the operator's with the role <code>${roles.join(", ")}</code>`;
  if (scopes.length === 0) return html`${operators}.`;
  return html`${operators}, or one of the tenant with the scope <code>${scopes.join(", ")}</code>.`;
}

function parameterField({ name, in: place, required = false, description, schema = {} }: Parameter) {
  const told = description === undefined ? schema : { ...schema, description };
  return { name, required, type: html`${place}: ${linkedType(schema)}`, description: describeField(told) };
}

/** Problems all have one shape, so only other answers are shown. */
function answered(content: Record<string, Content> | undefined): Html | "" {
  const { schema, example } = content?.["application/json"] ?? {};
  if (!schema) return "";
  return html`<div>${linkedType(schema)}</div><details><summary>Example</summary>
<pre><code>${JSON.stringify(example, null, 2)}</code></pre></details>`;
}
