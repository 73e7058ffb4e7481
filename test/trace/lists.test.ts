import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { DIRECT_EMAIL_ENDPOINT } from "../../src/domain/ids.ts";
import { DELIVERY_STATES } from "../../src/domain/states.ts";
import { limits } from "../../src/platform/limits.ts";
import { listDeadLetters } from "../../src/trace/dead-letters.ts";
import { listDeliveries } from "../../src/trace/deliveries.ts";
import { listEmails } from "../../src/trace/emails.ts";
import type { DeliveryFilter } from "../../src/trace/filters.ts";
import type { DeliveryCursor, MessageCursor } from "../../src/trace/list-statements.ts";
import { listMessages } from "../../src/trace/messages.ts";
import { countingDb } from "../support/database/counting-db.ts";
import {
  insertPast,
  makePast,
  PAST_ENDPOINTS,
  type PastDelivery,
  type PastMessage,
  picking,
} from "../support/database/past.ts";
import { World } from "../support/world.ts";

const COUNT = 900;
const FROM = Date.parse("2026-11-01T00:00:00Z");
let tenant: string;
let messages: PastMessage[];
let deliveries: PastDelivery[];

beforeAll(async () => {
  tenant = await new World(env.DB).createTenant();
  ({ messages, deliveries } = await makePast(tenant, COUNT, FROM, picking(1)));
});

const instantOfPast = fc.integer({ min: -60, max: COUNT + 60 }).map((second) => FROM + second * 1000);
const span = { since: instantOfPast, until: instantOfPast };
const eventType = fc.constantFrom("a", "a.b", "c", "rare", "never");
const endpointId = fc.constantFrom(...Object.keys(PAST_ENDPOINTS), "ep_nobody");
const filtersOf = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { requiredKeys: [] });
const limit = fc.integer({ min: 1, max: 9 });

const within = (row: { committedAt: number }, { since, until }: { since?: number; until?: number }) =>
  (since === undefined || row.committedAt >= since) && (until === undefined || row.committedAt < until);
const same = (wanted: unknown, actual: unknown) => wanted === undefined || wanted === actual;
const matches = (row: PastDelivery, filter: DeliveryFilter) =>
  same(filter.state, row.state) &&
  same(filter.endpointId, row.endpointId) &&
  same(filter.eventType, row.eventType) &&
  same(filter.channel, row.channel) &&
  within(row, filter as { since?: number; until?: number });
const byPlace = (a: DeliveryCursor, b: DeliveryCursor) =>
  b.seq - a.seq || (a.endpointId < b.endpointId ? 1 : a.endpointId > b.endpointId ? -1 : 0);
const placeText = ({ seq, endpointId: id }: DeliveryCursor) => `${seq} ${id}`;

/** All pages of a list, one after another, each within its limit, and none that reads more than its bound. */
async function walk<Item, Place>(
  pageSize: number,
  rowsPerShown: number,
  read: (db: D1Database, after: Place | undefined) => Promise<{ items: Item[]; next: Place | null }>,
): Promise<Item[]> {
  const seen: Item[] = [];
  let after: Place | undefined;
  for (let turn = 0; turn < 5000; turn++) {
    const { db, bill } = countingDb(env.DB);
    const { items, next } = await read(db as D1Database, after);
    expect(items.length).toBeLessThanOrEqual(pageSize);
    expect(bill.rowsRead).toBeLessThan(rowsPerShown * pageSize + FIXED_ROWS);
    seen.push(...items);
    if (next === null) return seen;
    after = next;
  }
  throw new Error("The list has no end");
}

/** Both ends of a span by halving, the tenant. */
const FIXED_ROWS = 400;
/** 100 entries are looked at, each with its message and endpoint; where they end is counted once more. */
const MESSAGE_ROWS = 4.5 * limits.lookedAtPerShown;
const DELIVERY_ROWS = 4.5 * limits.lookedAtPerShown;
/** Of all that is unsettled. */
const SORTED_ROWS = 9 * limits.unsettledSorted;

describe("the pages of any query together are the matches of a look at every row, in order, each once", () => {
  test("messages", async () => {
    const orderingKey = fc.constantFrom("k1", "k9");
    const filters = filtersOf({ eventType, endpointId, orderingKey, unmatched: fc.boolean(), ...span });
    await fc.assert(
      fc.asyncProperty(filters, limit, async (filter, pageSize) => {
        const seen = await walk(pageSize, MESSAGE_ROWS, async (db, after: MessageCursor | undefined) => {
          const page = await listMessages(db, tenant, { limit: pageSize, after, ...filter });
          return { items: page.entries, next: page.next };
        });
        const expected = messages.filter(
          (row) =>
            same(filter.eventType, row.eventType) &&
            same(filter.orderingKey, row.orderingKey) &&
            within(row, filter) &&
            (!filter.unmatched || deliveries.every((one) => one.seq !== row.seq)) &&
            (filter.endpointId === undefined ||
              deliveries.some((one) => one.seq === row.seq && one.endpointId === filter.endpointId)),
        );
        expect(seen.map(({ sequence }) => sequence)).toEqual(expected.map(({ seq }) => seq).toReversed());
        for (const { sequence, deliveries: count, states } of seen) {
          const own = deliveries.filter(({ seq }) => seq === sequence);
          expect(count).toBe(own.length);
          for (const state of DELIVERY_STATES)
            expect(states[state] ?? 0).toBe(own.filter((one) => one.state === state).length);
        }
      }),
      { numRuns: 40 },
    );
  });

  test("deliveries", async () => {
    const state = fc.constantFrom(...DELIVERY_STATES);
    const channel = fc.constantFrom("webhook" as const, "email" as const, "handler" as const);
    const filters = filtersOf({ state, endpointId, eventType, channel, ...span });
    await fc.assert(
      fc.asyncProperty(filters, limit, async (filter, pageSize) => {
        const rows = filter.state === "pending" || filter.state === "leased" ? SORTED_ROWS : DELIVERY_ROWS;
        const seen = await walk(pageSize, rows, async (db, after: DeliveryCursor | undefined) => {
          const page = await listDeliveries(db, tenant, { limit: pageSize, after, ...filter });
          return { items: page.entries, next: page.next };
        });
        const expected = deliveries.filter((row) => matches(row, filter)).toSorted(byPlace);
        expect(seen.map(({ sequence, endpointId: id }) => `${sequence} ${id}`)).toEqual(
          expected.map(placeText),
        );
        expect(
          seen.map((one) => [one.state, one.channel, one.eventType, one.committedAt, one.orderingKey]),
        ).toEqual(
          expected.map((one) => [one.state, one.channel, one.eventType, one.committedAt, one.orderingKey]),
        );
      }),
      { numRuns: 60 },
    );
  });

  test("dead letters", async () => {
    const channel = fc.constantFrom("webhook" as const, "email" as const);
    await fc.assert(
      fc.asyncProperty(
        filtersOf({ endpointId, eventType, channel, ...span }),
        limit,
        async (filter, pageSize) => {
          const seen = await walk(pageSize, DELIVERY_ROWS, async (db, after: DeliveryCursor | undefined) => {
            const page = await listDeadLetters(db, tenant, { limit: pageSize, after, ...filter });
            return { items: page.entries, next: page.next };
          });
          const expected = deliveries
            .filter((row) => matches(row, { ...filter, state: "dead" }))
            .toSorted(byPlace);
          expect(seen.map(({ sequence, endpointId: id }) => `${sequence} ${id}`)).toEqual(
            expected.map(placeText),
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  test("e-mails, with recipients and subject", async () => {
    const state = fc.constantFrom(...DELIVERY_STATES);
    await fc.assert(
      fc.asyncProperty(filtersOf({ state, ...span }), limit, async (filter, pageSize) => {
        const seen = await walk(pageSize, SORTED_ROWS, async (db, after: DeliveryCursor | undefined) => {
          const page = await listEmails(db, tenant, { limit: pageSize, after, ...filter });
          return { items: page.entries, next: page.next };
        });
        const expected = deliveries
          .filter((row) => matches(row, { ...filter, endpointId: DIRECT_EMAIL_ENDPOINT }))
          .toSorted(byPlace);
        expect(seen.map(({ sequence, to, subject }) => ({ sequence, to, subject }))).toEqual(
          expected.map(({ seq }) => ({
            sequence: seq,
            to: [`ada${seq}@example.com`],
            subject: `No. ${seq}`,
          })),
        );
      }),
      { numRuns: 20 },
    );
  });
});

describe("a page that finds little", () => {
  /** As many as a page of one looks at, and the one beyond. */
  const looked = limits.lookedAtPerShown;
  const listRare = async (count: number, rare: readonly number[]) => {
    const own = await new World(env.DB).createTenant();
    const rows = Array.from({ length: count }, (_, n): PastDelivery => {
      const eventType = rare.includes(n + 1) ? "rare" : "a";
      const place = { seq: n + 1, endpointId: "ep_a", channel: "webhook" as const, orderingKey: null };
      return { ...place, eventType, committedAt: FROM + n, state: "dead" };
    });
    await insertPast(own, rows, rows);
    return async (before?: number) => {
      const filter = { limit: 1, eventType: "rare" };
      const after = before === undefined ? undefined : { seq: before, endpointId: "ep_a" };
      const ofMessages = await listMessages(env.DB, own, { ...filter, after });
      const ofDeliveries = await listDeliveries(env.DB, own, { ...filter, after });
      const ofDead = await listDeadLetters(env.DB, own, { ...filter, after });
      const shown = ofMessages.entries.map(({ sequence }) => sequence);
      expect(ofDeliveries.entries.map(({ sequence }) => sequence)).toEqual(shown);
      expect(ofDead.entries.map(({ sequence }) => sequence)).toEqual(shown);
      expect(ofDeliveries.next?.seq ?? null).toBe(ofMessages.next?.seq ?? null);
      expect(ofDead.next).toEqual(ofDeliveries.next);
      return { shown, next: ofMessages.next?.seq ?? null };
    };
  };

  test("says where it stopped, and the next one goes on there", async () => {
    const page = await listRare(looked + 2, [1, 2]);
    expect(await page()).toEqual({ shown: [], next: 3 });
    expect(await page(3)).toEqual({ shown: [2], next: 2 });
    expect(await page(2)).toEqual({ shown: [1], next: null });
  });

  test("shows what it looked at last", async () => {
    const page = await listRare(looked + 2, [3]);
    expect(await page()).toEqual({ shown: [3], next: 3 });
    expect(await page(3)).toEqual({ shown: [], next: null });
  });

  test("is the last one when nothing is left to look at", async () => {
    expect(await (await listRare(looked - 1, []))()).toEqual({ shown: [], next: null });
    expect(await (await listRare(looked, []))()).toEqual({ shown: [], next: 1 });
    expect(await (await listRare(0, []))()).toEqual({ shown: [], next: null });
  });
});
