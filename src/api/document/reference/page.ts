import { html, raw } from "hono/html";
import { type Operation, operationSection } from "./operation.ts";
import { type Schema, schemaTable } from "./schema.ts";
import { SCRIPT } from "./script.ts";
import { type Html, heading, prose } from "./text.ts";

/** The parts of an OpenAPI document that the page reads. */
export interface ApiDocument {
  info: { title: string; description?: string };
  tags?: readonly { name: string; description?: string }[];
  paths?: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema>; securitySchemes?: object };
}

/** The first calls, in the words of the examples below. */
const start = html`<section id="start"><h2>${heading("start", "Start")}</h2>
<p>The examples take the address of the outbox and a token from variables of the shell, and the ids in a path too:</p>
<pre><code>OUTBOX=https://outbox.example.com TOKEN=… TENANT=acme</code></pre>
<p>A tenant, an endpoint and a message make a first delivery: <a href="#createTenant">create a tenant</a>, then
<a href="#createEndpoint">an endpoint</a>, then <a href="#createMessage">a message</a>, and
<a href="#readMessage">read it back</a> with its deliveries and their attempts. In TypeScript the client is</p>
<pre><code>import { answerOf, createClient } from "edge-outbox/client";

const client = createClient("https://outbox.example.com", { token });</code></pre>
</section>`;

/** Shown by the script, which carries it out. */
const search = html`<search hidden>
<label for="search">Search</label> <kbd aria-hidden="true">/</kbd>
<input id="search" type="search" autocomplete="off" spellcheck="false" aria-keyshortcuts="/" aria-controls="top">
<p id="found" role="status"></p>
</search>`;

/** The document as a page to read, with nothing from elsewhere. */
export function referencePage(document: ApiDocument): Html {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, method, path })),
  );
  const groups = (document.tags ?? []).map((tag) => ({
    ...tag,
    id: idOf(tag.name),
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
<a class="to-contents" href="#contents">Contents</a>
<a class="to-main" href="#top">To the text</a>
<nav id="contents" aria-label="Contents">
${search}
<p><a href="#top">${document.info.title}</a></p>
<p><a href="#start">Start</a></p>
${groups.map(
  ({ id, name, operations }) =>
    html`<p><a href="#${id}">${name}</a></p><ul>${operations.map(
      ({ operationId, summary }) => html`<li><a href="#${operationId}">${summary}</a></li>`,
    )}</ul>`,
)}
<p><a href="#schemas">Schemas</a></p>
<ul>${Object.keys(schemas).map((name) => html`<li><a href="#schema-${name}">${name}</a></li>`)}</ul>
</nav>
<main id="top">
<h1>${document.info.title}: the API</h1>
${prose(document.info.description)}
<p>For programs: <a href="openapi.json">openapi.json</a>.</p>
${start}
${groups.map(
  ({ id, name, description, operations }) => html`<section id="${id}"><h2>${heading(id, name)}</h2>
${prose(description)}
${operations.map((operation) => operationSection(operation, schemas))}</section>`,
)}
<section id="schemas"><h2>${heading("schemas", "Schemas")}</h2>
${Object.entries(schemas).map(([name, schema]) => {
  const id = `schema-${name}`;
  return html`<article id="${id}"><h3>${heading(id, name)}</h3>${schemaTable(schema)}</article>`;
})}
</section>
</main>
<script>${raw(SCRIPT)}</script>
</body>
</html>`;
}

const idOf = (name: string) => name.toLowerCase().replaceAll(/[^a-z]+/g, "-");
