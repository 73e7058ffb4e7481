import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type DevServer,
  findFreePort,
  OPERATOR_TOKEN,
  startDevServer,
  waitUntil,
} from "../support/programs/dev-server.ts";

const folder = mkdtempSync(join(tmpdir(), "edge-outbox-hang-up-"));
/** What the Worker has logged. */
const events: { event: string; tenant?: string }[] = [];
let server: DevServer;

beforeAll(async () => {
  const port = await findFreePort();
  const onLog = (line: string) => {
    const [json] = /\{"event":.*\}/.exec(line) ?? [];
    if (json) events.push(JSON.parse(json));
  };
  const entry = "test/support/programs/hang-up-worker.ts";
  server = await startDevServer({
    port,
    data: join(folder, "data"),
    vars: { LOG_LEVEL: "debug" },
    entry,
    onLog,
  });
});

afterAll(async () => {
  await server?.kill();
  rmSync(folder, { recursive: true, force: true });
});

async function post(path: string, body: object, headers: Record<string, string> = {}): Promise<string> {
  const authorization = `Bearer ${OPERATOR_TOKEN}`;
  const response = await fetch(server.url + path, {
    method: "POST",
    headers: { authorization, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return response.text();
}

const isLogged = (name: string, id: string) =>
  events.some(({ event, tenant }) => event === name && tenant === id);

/*
 * Setup: D1 has committed a message, and its answer is on its way.
 * Timeline: the client hangs up, which ends the request.
 * What this proves: the commit goes on to wake the relay, by the API as by the library, though nobody waits for it.
 */
test.each([
  ["the API", "api", (id: string) => `/v1/tenants/${id}/messages`],
  ["the library", "library", (id: string) => `/library/${id}`],
])("a client of %s that hangs up does not take the wake with it", async (_, id, path) => {
  await post("/v1/tenants", { id });
  await post(`/v1/tenants/${id}/endpoints`, { channel: "webhook", url: "http://127.0.0.1:9/" });
  const said = await post(path(id), { eventType: "order.placed", payload: 1 }, { "hang-up": "yes" });
  expect(said).toBe("hung up");
  await waitUntil("the commit to be told", async () => isLogged("message.committed", id));
  await waitUntil("the relay to be woken", async () => isLogged("relay.drained", id));
});
