import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  EVENT_STATUSES,
  gravest,
  rankOf,
  shownStatus,
  statusOfDelivery,
  statusOfDeliverySql,
} from "../../src/domain/email-status.ts";
import { DELIVERY_STATES } from "../../src/domain/states.ts";
import type { ProviderEvent } from "../../src/email-events/provider-event.ts";
import { recordEvents } from "../../src/email-events/record-events.ts";
import { email } from "../../src/outbox/message.ts";
import { readMessage } from "../../src/trace/messages.ts";
import { eventWith } from "../support/outside/provider-event.ts";
import { World } from "../support/world.ts";

const ADDRESSES = ["ada@example.com", "bob@example.com"];
const HOUR = 3600_000;

/** Two e-mails to two people, and what came of it. */
async function play(world: World, requests: readonly (readonly Planned[])[]) {
  const tenant = await world.createTenant();
  const { messages } = await world.commit(tenant, {
    messages: [1, 2].map(() => email({ to: ADDRESSES, subject: "Hello", text: "Hello" })),
  });
  await world.runUntilIdle(tenant);
  const { db, clock, random, log } = world;
  const tools = { db, clock, random, log, systemEventsTenant: undefined, wake: () => {} };
  const startedAt = world.now;
  for (const request of requests) {
    const events = request.map(({ of, to, at, ...event }): ProviderEvent => {
      const tags = { messageId: messages[of]?.id as string, tenantId: tenant };
      const recipients = [ADDRESSES[to] as string];
      return eventWith({ ...event, tags, recipients, at: startedAt - at * HOUR, provider: "sendgrid" });
    });
    await recordEvents(tools, events);
    world.now += 1;
  }
  const traces = await Promise.all(messages.map(({ id }) => readMessage(env.DB, tenant, id, world.now)));
  const { results: suppressions } = await env.DB.prepare(
    "SELECT address, reason, until - ?2 AS until, hard_seq FROM outbox_suppressions WHERE tenant_id = ?1 ORDER BY address",
  )
    .bind(tenant, startedAt)
    .all();
  const recipients = traces.map(({ deliveries }) =>
    deliveries[0]?.recipients?.map(({ events, ...recipient }) => ({
      ...recipient,
      events: events.map(({ status, bounce, at }) => `${status} ${bounce} ${startedAt - at}`).toSorted(),
    })),
  );
  return { recipients, suppressions };
}

/** An event of the `of`th e-mail and the `to`th of its recipients, so many hours ago. */
interface Planned extends Pick<ProviderEvent, "id" | "status"> {
  of: number;
  to: number;
  at: number;
}

const planned = fc.record({
  id: fc.uuid(),
  // Of deferrals a bounded number is kept, and which of them depends on their order.
  status: fc.constantFrom(...EVENT_STATUSES),
  of: fc.integer({ min: 0, max: 1 }),
  to: fc.integer({ min: 0, max: 1 }),
  at: fc.integer({ min: 0, max: 200 }),
});

const plan = fc.array(planned, { minLength: 1, maxLength: 8 }).chain((events) =>
  fc.record({
    events: fc.constant(events),
    shuffled: fc.shuffledSubarray(events, { minLength: events.length, maxLength: events.length }),
    again: fc.subarray(events),
    cut: fc.nat({ max: events.length }),
  }),
);

test("neither the order of events, nor how often they come, nor in how many requests, changes what they come to", async () => {
  const world = new World(env.DB);
  await fc.assert(
    fc.asyncProperty(plan, async ({ events, shuffled, again, cut }) => {
      const inOrder = await play(world, [events]);
      const otherwise = await play(world, [shuffled.slice(0, cut), again, shuffled.slice(cut), again]);
      expect(otherwise).toEqual(inOrder);
    }),
    { numRuns: 25 },
  );
});

test("no event lowers a status, whatever came before it", () => {
  const statuses = fc.array(fc.constantFrom(...EVENT_STATUSES), { minLength: 1 });
  const rank = (all: readonly (typeof EVENT_STATUSES)[number][]) =>
    EVENT_STATUSES.indexOf(gravest(all) as (typeof EVENT_STATUSES)[number]);
  fc.assert(
    fc.property(statuses, fc.constantFrom(...EVENT_STATUSES), (before, next) => {
      expect(rank([...before, next])).toBe(Math.max(rank(before), EVENT_STATUSES.indexOf(next)));
    }),
  );
  expect(gravest([])).toBeUndefined();
});

test("SQL tells the status of a delivery as the trace does", async () => {
  const errors = [
    null,
    "suppressed",
    "E_RECIPIENT_SUPPRESSED",
    "timeout",
    "uncertain",
    "connection_lost",
    "http_status",
  ];
  const found = new Set<string>();
  for (const state of DELIVERY_STATES) {
    for (const [error, reason] of errors.flatMap((error) =>
      [null, "uncertain"].map((reason) => [error, reason]),
    )) {
      const sql = `SELECT ${statusOfDeliverySql("d")} AS status FROM (SELECT ?1 AS state, ?2 AS error, ?3 AS reason) d`;
      const status = statusOfDelivery({ state, reason: reason ?? null, error: error ?? null });
      const told = await env.DB.prepare(sql).bind(state, error, reason).first("status");
      expect(told, `${state} ${error} ${reason}`).toBe(status);
      found.add(status);
    }
  }
  expect([...found].toSorted()).toEqual([
    "accepted",
    "cancelled",
    "failed",
    "queued",
    "suppressed",
    "uncertain",
  ]);
});

test("SQL ranks statuses as the trace does", async () => {
  for (const [rank, status] of EVENT_STATUSES.entries()) {
    const sql = `SELECT ${rankOf("?1")} AS rank`;
    expect(await env.DB.prepare(sql).bind(status).first("rank"), status).toBe(rank);
  }
  expect(shownStatus("hard_bounced")).toEqual({ status: "bounced", bounce: "hard" });
});
