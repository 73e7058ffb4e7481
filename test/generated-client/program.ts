/** A program of somebody who has nothing but docs/reference/openapi.json, from which `api.ts` is generated. */
import createClient from "openapi-fetch";
import type { components, paths } from "./api.ts";

const [, , baseUrl = "", token = ""] = process.argv;
const outbox = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } });
const tenant = "generated";
const path = { tenant };

const made = succeeded(await outbox.POST("/v1/tenants", { body: { id: tenant, name: "Generated" } }));
const endpoint = succeeded(
  await outbox.POST("/v1/tenants/{tenant}/endpoints", {
    params: { path },
    body: { channel: "webhook", url: "https://example.com/webhooks", eventTypes: ["order.placed"] },
  }),
);
// What is committed stays pending.
succeeded(await outbox.POST("/v1/tenants/{tenant}/pause", { params: { path } }));

const committed: components["schemas"]["CommittedMessage"][] = [];
for (const orderId of ["1001", "1002", "1003"]) {
  const message = await outbox.POST("/v1/tenants/{tenant}/messages", {
    params: { path, header: { "Idempotency-Key": `order-${orderId}` } },
    body: { eventType: "order.placed", payload: { orderId } },
  });
  committed.push(succeeded(message));
}

const [first] = committed;
if (!first) throw new Error("No message was committed");
const read = succeeded(
  await outbox.GET("/v1/tenants/{tenant}/messages/{message}", {
    params: { path: { tenant, message: first.id } },
  }),
);

/** Page by page, two at a time. */
async function listMessages(): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null | undefined;
  do {
    const query = { limit: 2, eventType: "order.placed", ...(cursor != null && { cursor }) };
    const page = succeeded(await outbox.GET("/v1/tenants/{tenant}/messages", { params: { path, query } }));
    ids.push(...page.data.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return ids;
}

// What has a default may be left out.
const replay = { params: { path }, body: { since: "2026-01-01T00:00:00Z" } };
const { matched } = succeeded(await outbox.POST("/v1/tenants/{tenant}/dead-letters/replay", replay));

const { error: problem } = await outbox.POST("/v1/tenants/{tenant}/messages", {
  params: { path },
  body: { eventType: "no type", payload: null },
});
if (problem?.code !== "invalid_input") throw new Error(`Refused with ${problem?.code}`);
const wrongFields = problem.errors?.map((error) => error.path);

console.log(
  JSON.stringify({
    tenant: made.id,
    endpoint: endpoint.id,
    secret: endpoint.secret,
    committed: committed.map(({ id }) => id),
    payload: read.payload,
    deliveries: read.deliveries.map(({ endpointId, state }) => ({ endpointId, state })),
    listed: await listMessages(),
    matched,
    wrongFields,
  }),
);

function succeeded<T>({ data, error }: { data?: T; error?: components["schemas"]["Problem"] }): T {
  if (data === undefined) throw new Error(`${error?.code}: ${error?.detail}`);
  return data;
}

/** Never called: what the generated types refuse. */
export async function refused() {
  // @ts-expect-error: an id is required
  await outbox.POST("/v1/tenants", { body: {} });
  // @ts-expect-error: there is no such field
  const made: components["schemas"]["NewTenant"] = { id: "a", colour: "blue" };
  // @ts-expect-error: there is no such channel
  const body: components["schemas"]["NewEndpoint"] = { channel: "fax", url: "https://example.com" };
  // @ts-expect-error: there is no such problem
  if (problem.code === "invalid_inputs") return { made, body };
  // @ts-expect-error: there is no such path
  return outbox.GET("/v1/tenant");
}
