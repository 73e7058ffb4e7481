import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Arrivals, Emails } from "../../src/dashboard/inspector/answers.ts";
import {
  type DevServer,
  findFreePort,
  OPERATOR_TOKEN,
  startDevServer,
} from "../support/programs/dev-server.ts";
import { PATIENCE_MS } from "../support/runner/patience.ts";

const data = mkdtempSync(join(tmpdir(), "edge-outbox-inspector-"));
let server: DevServer;

beforeAll(async () => {
  const vars = { RETRY_SCHEDULE: "1,600" };
  server = await startDevServer({ port: await findFreePort(), data, vars });
});
afterAll(async () => {
  await server?.kill();
  rmSync(data, { recursive: true, force: true });
});

// biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
async function call<T = any>(method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${OPERATOR_TOKEN}`, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  return (await response.json()) as T;
}

const patiently = { timeout: PATIENCE_MS };
const hooks = "/ui/dev/receiver/in/hooks";

interface Delivery {
  endpointId: string;
  state: string;
  attempts: { error: string | null; httpStatus: number | null }[];
}
const deliveriesOf = async (message: string) =>
  (await call<{ deliveries: Delivery[] }>("GET", message)).deliveries;

test("a webhook of the outbox reaches its own receiver, is verified there, and comes again until it is taken", async () => {
  await call("POST", "/v1/tenants", { id: "acme" });
  const url = `${server.url}${hooks}`;
  const { id: endpoint } = await call("POST", "/v1/tenants/acme/endpoints", { channel: "webhook", url });
  await call("PUT", "/ui/dev/receiver/answers/hooks", { answer: "500" });
  const { id } = await call("POST", "/v1/tenants/acme/messages", { eventType: "a", payload: { n: 1 } });
  const arrivals = async () => (await call<Arrivals>("GET", "/ui/dev/receiver")).data;
  await expect.poll(async () => (await arrivals()).length, patiently).toBeGreaterThan(0);
  await call("PUT", "/ui/dev/receiver/answers/hooks", { answer: "200" });
  const message = `/v1/tenants/acme/messages/${id}`;
  await expect.poll(() => deliveriesOf(message), patiently).toMatchObject([{ state: "delivered" }]);
  const signed = { signature: "valid", endpoint: { tenantId: "acme", id: endpoint } };
  expect(await arrivals()).toMatchObject([
    { name: "hooks", status: 200, ...signed },
    { name: "hooks", status: 500, ...signed },
  ]);
});

test("a webhook to any other address of the outbox is refused, as a loop where something would listen", async () => {
  await call("POST", "/v1/tenants", { id: "loops" });
  const pages = ["/ui/", "/ui/session", "/ui/token", "/ui/dev", "/ui/dev/receiver/", "/portal/"];
  const inspector = ["", "/answers/hooks", "/in"].map((rest) => `/ui/dev/receiver${rest}`);
  const loops = [...pages, ...inspector, "/ui/dev/mailbox", "/v1/tenants/loops/messages", "/metrics"];
  const others = ["/", "/health", "/docs", "/openapi.json", "/receiver/in/hooks"];
  const endpoints = new Map<string, string>();
  for (const path of [...loops, ...others]) {
    const url = `${server.url}${path}`;
    const made = await call("POST", "/v1/tenants/loops/endpoints", { channel: "webhook", url });
    endpoints.set(made.id, path);
  }
  const { id } = await call("POST", "/v1/tenants/loops/messages", { eventType: "a", payload: 1 });
  const told = async () => {
    const deliveries = await deliveriesOf(`/v1/tenants/loops/messages/${id}`);
    return deliveries.map(({ endpointId, state, attempts }) => {
      const { httpStatus, error } = attempts[0] ?? {};
      return [endpoints.get(endpointId), state === "delivered", httpStatus, error];
    });
  };
  const refused = [
    ...loops.map((path) => [path, false, 508, "loop_detected"]),
    ...others.map((path) => [path, false, expect.toBeOneOf([404, 405]), "http_status"]),
  ];
  await expect.poll(told, patiently).toEqual(expect.arrayContaining(refused));
  expect(await told()).toHaveLength(refused.length);
});

test("an e-mail goes to the mailbox", async () => {
  await call("POST", "/v1/tenants", { id: "mails" });
  const email = { to: "ada@example.com", subject: "Your order", text: "We have it." };
  const { id } = await call("POST", "/v1/tenants/mails/emails", email);
  await expect
    .poll(() => deliveriesOf(`/v1/tenants/mails/messages/${id}`), patiently)
    .toMatchObject([{ state: "delivered" }]);
  expect(await call<Emails>("GET", "/ui/dev/mailbox")).toMatchObject({
    data: [{ to: ["ada@example.com"], subject: "Your order", messageId: id }],
  });
});
