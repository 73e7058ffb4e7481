import { html, raw } from "hono/html";
import { linkedType, type Schema, schemaTable } from "./schema.ts";
import { code, type Html, prose } from "./text.ts";

/** The parts of an OpenAPI document that the page reads. */
export interface ApiDocument {
  info: { title: string; description?: string };
  tags?: readonly { name: string; description?: string }[];
  paths?: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema>; securitySchemes?: object };
}

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

/** The document as a page to read: no script, nothing from elsewhere. */
export function referencePage(document: ApiDocument): Html {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Placed => ({ ...operation, method, path })),
  );
  const groups = (document.tags ?? []).map((tag) => ({
    ...tag,
    operations: operations.filter(({ tags }) => tags?.includes(tag.name)),
  }));
  const schemas = document.components?.schemas ?? {};
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${document.info.title}: the API</title>
<link rel="stylesheet" href="docs/style.css">
</head>
<body>
<nav aria-label="Operations">
<a href="#top"><strong>${document.info.title}</strong></a>
${groups.map(
  ({ name, operations }) =>
    html`<h2>${name}</h2><ul>${operations.map(
      ({ operationId, summary }) => html`<li><a href="#${operationId}">${summary}</a></li>`,
    )}</ul>`,
)}
<h2>Schemas</h2>
<ul>${Object.keys(schemas).map((name) => html`<li><a href="#schema-${name}">${name}</a></li>`)}</ul>
</nav>
<main id="top">
<h1>${document.info.title}: the API</h1>
${prose(document.info.description)}
<p>For programs: <a href="openapi.json">openapi.json</a>.</p>
${groups.map(
  (group) => html`<section><h2>${group.name}</h2>${prose(group.description)}
${group.operations.map(operationSection)}</section>`,
)}
<section><h2>Schemas</h2>
${Object.entries(schemas).map(
  ([name, schema]) => html`<article id="schema-${name}"><h3>${name}</h3>${schemaTable(schema)}</article>`,
)}
</section>
</main>
</body>
</html>`;
}

function operationSection(operation: Placed): Html {
  const { operationId, method, path, summary, description, parameters, requestBody, responses } = operation;
  const content = requestBody?.content["application/json"];
  return html`<article id="${operationId}">
<h3>${summary}</h3>
<p class="path"><span class="method ${method}">${method.toUpperCase()}</span> <code>${path}</code></p>
${prose(description)}
<p class="access">${accessOf(operation)}</p>
${parameters?.length ? parameterTable(parameters) : ""}
${content?.schema ? html`<h4>Body</h4>${schemaTable(content.schema)}` : ""}
<h4>Example</h4>
<pre><code>${curlFor(operation, content?.example)}</code></pre>
<h4>Answers</h4>
<dl>${Object.entries(responses).map(
    ([status, { description, content }]) =>
      html`<dt>${status}</dt><dd>${code(description)}${answerExample(content)}</dd>`,
  )}</dl>
</article>`;
}

function accessOf({ security = [] }: Operation): Html {
  if (security.length === 0) return html`Takes no token.`;
  const scopes = security.flatMap((one) => one["tenant"] ?? []);
  if (scopes.length === 0) return html`The operator's token alone.`;
  return html`The operator's token, or one of the tenant with the scope <code>${scopes.join(", ")}</code>.`;
}

function parameterTable(parameters: readonly Parameter[]): Html {
  return html`<h4>Parameters</h4><table><tbody>${parameters.map(
    ({ name, in: place, required, description, schema }) => html`<tr>
<th scope="row"><code>${name}</code>${required ? "" : raw(" <i>optional</i>")}</th>
<td>${place}: ${linkedType(schema ?? {})}</td><td>${code(description ?? schema?.description ?? "")}</td></tr>`,
  )}</tbody></table>`;
}

/** That of a problem is the same everywhere. */
function answerExample(content: Record<string, Content> | undefined): Html | "" {
  const { schema, example } = content?.["application/json"] ?? {};
  if (!schema) return "";
  return html`<details><summary>${linkedType(schema)}</summary>
<pre><code>${JSON.stringify(example, null, 2)}</code></pre></details>`;
}

function curlFor({ method, path, security = [] }: Placed, body: unknown): string {
  const lines = [
    `curl -X ${method.toUpperCase()} "$OUTBOX${path.replaceAll(/\{(\w+)\}/g, (_, name: string) => `$${name.toUpperCase()}`)}"`,
    ...(security.length > 0 ? [`-H "authorization: Bearer $TOKEN"`] : []),
    ...(body === undefined
      ? []
      : [`-H "content-type: application/json"`, `-d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`]),
  ];
  return lines.join(" \\\n  ");
}
