import type { Page } from "playwright-core";
import type { Answer } from "../support/outside/receiver-server.ts";
import { waitUntil } from "../support/programs/dev-server.ts";
import type { Body, InDashboard } from "./dashboard.ts";

/** Statuses that end a delivery at once, so that no breaker opens. */
export const FATAL = { giveUpOn: [418, 422, 500, 503] };

/** Commits messages, as many in a batch as one takes. Answers their ids in their order. */
export async function commitMany(
  { call }: InDashboard,
  tenant: string,
  messages: readonly object[],
): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < messages.length; at += 100) {
    const batch = messages.slice(at, at + 100).map((fields) => ({
      eventType: "order.placed",
      payload: { orderId: "1001" },
      ...fields,
    }));
    const made = await call("POST", `tenants/${tenant}/messages/batch`, { messages: batch });
    ids.push(...made.messages.map(({ id }: Body) => id));
  }
  return ids;
}

/** Number of a tenant's dead letters. */
export async function countDead({ call }: InDashboard, tenant: string): Promise<number> {
  const body = { dryRun: true };
  return (await call("POST", `tenants/${tenant}/dead-letters/dismiss`, body)).matched;
}

/** Waits until a tenant has so many dead letters. */
export async function untilDead(dashboard: InDashboard, tenant: string, count: number): Promise<void> {
  await waitUntil(`${count} dead letters`, async () => (await countDead(dashboard, tenant)) === count);
}

/** Makes an endpoint, and messages that die of its answer. */
export async function makeDead(
  dashboard: InDashboard,
  tenant: string,
  {
    count,
    answer,
    ...fields
  }: { count: number; answer: Answer; description?: string; eventTypes?: string[] },
) {
  const endpoint = await dashboard.createEndpoint(tenant, { ...FATAL, ...fields }, answer);
  const before = await countDead(dashboard, tenant);
  const eventType = fields.eventTypes?.[0] ?? "order.placed";
  const ids = await commitMany(
    dashboard,
    tenant,
    Array.from({ length: count }, () => ({ eventType })),
  );
  await untilDead(dashboard, tenant, before + count);
  return { ...endpoint, ids };
}

/** Presses a button, and the one of the same word in the dialog that it opens. */
export async function confirm(
  page: Page,
  button: ReturnType<Page["getByRole"]>,
  verb: string,
): Promise<void> {
  await button.click();
  await page.getByRole("dialog").getByRole("button", { name: verb, exact: true }).click();
}

/** The line that tells what an action did. */
export const statusOf = (page: Page) => page.locator(".said").getByRole("status");
