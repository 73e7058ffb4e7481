import type { OpenAPIHono } from "@hono/zod-openapi";
import { TOKEN_PREFIX } from "../../platform/token-prefixes.ts";
import type { ApiEnv } from "../context.ts";
import { exampleOf } from "./example.ts";
import type { Content } from "./reference/operation.ts";
import type { ApiDocument } from "./reference/page.ts";

const INTRODUCTION = [
  "A transactional outbox: every committed message is delivered at least once, as a signed webhook or an e-mail.",
  "Instants are ISO 8601 in UTC. Unknown fields are refused. Errors are problem documents (RFC 9457); programs tell them apart by `code`. Every answer has an `x-request-id`.",
  "Lists come in pages, newest first: `?limit=` and `?cursor=`. Writes take an `Idempotency-Key`: a request repeated with its key is carried out once.",
];

const TAGS = [
  {
    name: "Tenants",
    description:
      "Customers of your app. The operator creates them; endpoints, messages and tokens belong to one of them.",
  },
  { name: "Tokens", description: "Credentials of a tenant: limited to scopes, with an expiry, revocable." },
  {
    name: "Event types",
    description: "Kinds of messages, each with an optional schema for its payloads.",
  },
  {
    name: "Endpoints",
    description: "Receivers of deliveries: a webhook URL, an e-mail address, or a handler in the Worker.",
  },
  { name: "Messages", description: "Committed facts to send." },
  { name: "E-mails", description: "Messages to the built-in endpoint." },
  { name: "Deliveries", description: "Each message to each of its endpoints, with every attempt." },
  { name: "Failures", description: "Attempts that failed, by time and in groups." },
  { name: "Interventions", description: "Cancel, replay, retry, dismiss and skip deliveries." },
  { name: "Audit", description: "Record of administrative writes, with the caller of each." },
  { name: "Deployment", description: "All tenants at once, for the operator: counts, troubles and search." },
  { name: "Stats", description: "Counts of a tenant's messages, deliveries and endpoints." },
  { name: "Health", description: "Report for monitors on whether deliveries are on time." },
];

const TOKENS = {
  operator: {
    type: "http",
    scheme: "bearer",
    description:
      "A token of `OPERATOR_TOKEN` with the named role: `read`; `manage`, which includes `read`; or `admin`, which includes both.",
  },
  tenant: {
    type: "http",
    scheme: "bearer",
    bearerFormat: `${TOKEN_PREFIX} and a JWT`,
    description: `A token of the tenant with the named scope. Begins with \`${TOKEN_PREFIX}\`.`,
  },
} as const;

/** Operations that a document describes. */
export type Described = Pick<OpenAPIHono<ApiEnv>, "getOpenAPI31Document">;

/** The OpenAPI 3.1 document of the operations, made from the schemas that check requests and type answers. */
export function describeApi(operations: Described): ApiDocument {
  const document = operations.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "edge-outbox",
      version: "1",
      description: INTRODUCTION.join("\n\n"),
      license: { name: "MIT", url: "https://opensource.org/license/mit" },
    },
    servers: [{ url: ".", description: "The Worker that serves this document." }],
    tags: TAGS,
  }) as unknown as ApiDocument;
  addExamples(document);
  const { components, ...rest } = document;
  return { ...rest, components: { ...components, securitySchemes: TOKENS } };
}

function addExamples({ paths = {}, components }: ApiDocument): void {
  const named = components?.schemas ?? {};
  const answers = Object.values(paths)
    .flatMap((methods) => Object.values(methods))
    .flatMap(({ responses }) => Object.values(responses));
  for (const { content } of answers) {
    const body: Content | undefined = content?.["application/json"];
    if (body?.schema) body.example ??= exampleOf(body.schema, named);
  }
}
