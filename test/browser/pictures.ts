/**
 * `node test/browser/pictures.ts`: takes the pictures of docs/images, in light and in dark, of recorded answers of the API.
 * With `--record`, of a shop whose warehouse does not answer, whose answers are recorded first.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { startReceiver } from "../support/outside/receiver-server.ts";
import { findFreePort, OPERATOR_TOKEN, startDevServer, waitUntil } from "../support/programs/dev-server.ts";
import { findProgram } from "../support/programs/find-program.ts";
import { draw, IMAGES, RECORDED, readRecording, record } from "./recording.ts";

const MESSAGES = 24;

const executablePath =
  process.env["CHROMIUM"] ?? findProgram("chromium", "chromium-headless-shell", "google-chrome");
if (!executablePath) throw new Error("No browser was found. Install Chromium.");
const receiver = await startReceiver();
const data = mkdtempSync(join(tmpdir(), "edge-outbox-pictures-"));
const vars = { RETRY_SCHEDULE: "1,4,15,600,3600" };
const server = await startDevServer({ port: await findFreePort(), data, vars });

// biome-ignore lint/suspicious/noExplicitAny: the API's answers, looked into here
async function call(method: string, path: string, body?: object): Promise<any> {
  const headers = { authorization: `Bearer ${OPERATOR_TOKEN}`, "content-type": "application/json" };
  const response = await fetch(`${server.url}/v1/${path}`, {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
  return response.json();
}

async function answer(name: string, answer: object): Promise<void> {
  await fetch(`${receiver.url}/program/${name}`, { method: "PUT", body: JSON.stringify([answer]) });
}

/** Fills the outbox, and answers the id of a message of which every kind of delivery is known. */
async function fill(): Promise<string> {
  await answer("crm", { body: "ok" });
  await answer("warehouse", {
    status: 503,
    body: "upstream connect error: connection refused by warehouse-7",
  });
  await answer("erp", { status: 422, body: '{"error":"unknown sku","sku":"A-1"}' });
  await call("POST", "tenants", { id: "acme", name: "Acme Inc." });
  const endpoint = (name: string, fields: object) =>
    call("POST", "tenants/acme/endpoints", {
      channel: "webhook",
      url: `${receiver.url}/hooks/${name}`,
      ...fields,
    });
  await endpoint("crm", { description: "CRM" });
  await endpoint("warehouse", { description: "Warehouse" });
  await endpoint("erp", { description: "ERP", giveUpOn: [422] });
  const send = async (n: number): Promise<string> => {
    const lines = [{ sku: "A-1", quantity: 1 + (n % 3) }];
    const { id } = await call("POST", "tenants/acme/messages", {
      eventType: n % 5 === 4 ? "order.cancelled" : "order.placed",
      payload: { orderId: String(1001 + n), total: 42.5 + n, lines },
      orderingKey: `customer-${n % 7}`,
    });
    return id;
  };
  const first = await send(0);
  // Before the breaker opens for all of them.
  await waitUntil("three attempts at the warehouse", async () => {
    const { deliveries } = await call("GET", `tenants/acme/messages/${first}`);
    return deliveries.some((one: { attempts: unknown[] }) => one.attempts.length >= 3);
  });
  for (let n = 1; n < MESSAGES; n++) await send(n);
  return first;
}

/** Addresses of the receiver, as those of a shop's own. */
const withNames = (text: string) =>
  text.replaceAll(`${receiver.url}/hooks/`, "https://shop.example.com/hooks/");

try {
  const browser = await chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
  if (process.argv.includes("--record")) {
    const pages = {
      message: `t/acme/m/${await fill()}`,
      "dead-letters": "t/acme/dead",
      endpoints: "t/acme/endpoints",
    };
    const recording = await record(browser, server.url, pages);
    writeFileSync(RECORDED, `${withNames(JSON.stringify(recording, null, 2))}\n`);
  }
  const drawn = await draw(readRecording(), async (path, options) => {
    const page = await browser.newPage({ baseURL: server.url, ...options });
    await page.goto(path);
    return page;
  });
  await browser.close();
  mkdirSync(IMAGES, { recursive: true });
  for (const [name, picture] of drawn) writeFileSync(join(IMAGES, name), picture);
  console.log(`${[...drawn.keys()].join(", ")}: docs/images`);
} finally {
  await server.stop();
  await receiver.stop();
  rmSync(data, { recursive: true });
}
