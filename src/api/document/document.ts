import type { OpenAPIHono } from "@hono/zod-openapi";
import { TOKEN_PREFIX } from "../../platform/token-prefixes.ts";
import type { ApiEnv } from "../context.ts";
import { exampleOf } from "./example.ts";
import type { Content } from "./reference/operation.ts";
import type { ApiDocument } from "./reference/page.ts";

const INTRODUCTION = [
  "A transactional outbox: what is committed is delivered at least once, as signed webhooks and as e-mails.",
  "Instants are ISO 8601 in UTC. Fields that are not known are refused. Errors are problem documents (RFC 9457); programs go by their `code`. Every answer has an `x-request-id`.",
  "Lists come in pages, newest first: `?limit=` and `?cursor=`. What writes takes an `Idempotency-Key`: the same request with the same key happens once.",
];

const TAGS = [
  { name: "Tenants", description: "A tenant owns everything else. The operator makes it." },
  { name: "Tokens", description: "What a tenant calls with: scoped, expiring, revocable." },
  {
    name: "Event types",
    description: "The kinds of messages there are, with schemas for their payloads if you like.",
  },
  {
    name: "Endpoints",
    description: "Where deliveries go: a webhook URL, an e-mail address, or a handler in the Worker.",
  },
  { name: "Messages", description: "One committed fact to send." },
  { name: "E-mails", description: "Messages to the built-in endpoint." },
  { name: "Deliveries", description: "One message to one endpoint, and every attempt at it." },
  { name: "Interventions", description: "Cancel, replay, skip." },
  { name: "Audit", description: "Who has changed what: administrative writes, on record." },
  { name: "Stats", description: "What a tenant's outbox is doing." },
  { name: "Health", description: "Whether deliveries are being made." },
];

const TOKENS = {
  operator: {
    type: "http",
    scheme: "bearer",
    description:
      "A token of `OPERATOR_TOKEN`, with the role that is named: `read`, `manage`, which includes it, or `admin`, which includes both.",
  },
  tenant: {
    type: "http",
    scheme: "bearer",
    bearerFormat: `${TOKEN_PREFIX} and a JWT`,
    description: `A token of the tenant, with the scope that is named. It begins with \`${TOKEN_PREFIX}\`.`,
  },
} as const;

/** Operations of which there is a document. */
export type Described = Pick<OpenAPIHono<ApiEnv>, "getOpenAPI31Document">;

/** The OpenAPI 3.1 document of the operations, made of the schemas that check what comes and that type what goes. */
export function describeApi(operations: Described): ApiDocument {
  const document = operations.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "edge-outbox",
      version: "1",
      description: INTRODUCTION.join("\n\n"),
      license: { name: "MIT", url: "https://opensource.org/license/mit" },
    },
    servers: [{ url: ".", description: "The Worker that serves this document" }],
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
