/** Whoever runs the shop: makes its tenant and an endpoint with the client, outside of Workers, and prints the endpoint. */
import { answerOf, createClient } from "edge-outbox/client";

const [url = "", token = "", hook = ""] = process.argv.slice(2);
const { tenants } = createClient(url, { token }).v1;
await answerOf(tenants.$post({ json: { id: "acme" } }));
const json = { channel: "webhook" as const, url: hook };
const endpoint = await answerOf(tenants[":tenant"].endpoints.$post({ param: { tenant: "acme" }, json }));
// @ts-expect-error an endpoint has no such field: it is typed, to the last of its fields
endpoint.nothing;
console.log(JSON.stringify(endpoint));
