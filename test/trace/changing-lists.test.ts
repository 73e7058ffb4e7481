import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { DeliveryState } from "../../src/domain/states.ts";
import { limits } from "../../src/platform/limits.ts";
import { listDeliveries } from "../../src/trace/deliveries.ts";
import type { DeliveryCursor } from "../../src/trace/list-statements.ts";
import { countingDb } from "../support/database/counting-db.ts";
import { insertPast, type PastDelivery, picking } from "../support/database/past.ts";
import { World } from "../support/world.ts";

/** A little more than a list of what is unsettled puts in order: beyond, it takes another way. */
const COUNT = limits.unsettledSorted + 60;
const seqs = Array.from({ length: COUNT }, (_, n) => n + 1);
let tenant: string;

/** Messages with a pending delivery each, and no ordering key. */
function commit(numbers: readonly number[]) {
  const rows = numbers.map(
    (seq): PastDelivery => ({
      seq,
      endpointId: "ep_a",
      channel: "webhook",
      state: "pending",
      eventType: "a",
      orderingKey: null,
      committedAt: seq,
    }),
  );
  return insertPast(tenant, rows, rows);
}

const update = (set: string, numbers: readonly number[]) =>
  env.DB.prepare(`
    UPDATE outbox_deliveries SET ${set} WHERE tenant_id = ?1 AND seq IN (SELECT value FROM json_each(?2))`).bind(
    tenant,
    JSON.stringify(numbers),
  );
const settle = (state: DeliveryState, numbers: readonly number[]) =>
  update(`state = '${state}', due_at = NULL, settled_at = 1`, numbers);
const reopen = (numbers: readonly number[]) =>
  update("state = 'pending', due_at = 1, settled_at = NULL", numbers);
const purge = (seq = 1) =>
  ["outbox_deliveries", "outbox_messages"].map((table) =>
    env.DB.prepare(`DELETE FROM ${table} WHERE tenant_id = ?1 AND seq = ?2`).bind(tenant, seq),
  );

/** All pages, with something happening between them. Answers what was shown, and in how many round trips each page was read. */
async function walk(state: DeliveryState, meanwhile: (turn: number) => Promise<unknown>) {
  const seen: number[] = [];
  const roundTrips = new Set<number>();
  let after: DeliveryCursor | undefined;
  for (let turn = 0; ; turn++) {
    const { db, bill } = countingDb(env.DB);
    const page = await listDeliveries(db, tenant, { limit: 100, after, state });
    roundTrips.add(bill.roundTrips);
    seen.push(...page.entries.map(({ sequence }) => sequence));
    if (page.next === null) return { seen, roundTrips };
    after = page.next;
    await meanwhile(turn);
  }
}

beforeEach(async () => {
  tenant = await new World(env.DB).createTenant();
  await commit(seqs);
});

describe("while some are settled, replayed, purged and committed between the pages", () => {
  test.each(["pending", "dead", "cancelled", "delivered"] as const)(
    "an entry that stays %s is shown, and nothing is shown twice",
    async (state) => {
      const pick = picking(7);
      const own = state === "pending" ? seqs : seqs.filter(() => pick(8) === 0);
      if (state !== "pending") await settle(state, own).run();
      const staying = new Set(own);
      const { seen, roundTrips } = await walk(state, async (turn) => {
        const changed = Array.from({ length: 120 }, () => pick(COUNT) + 1);
        for (const seq of changed) staying.delete(seq);
        await commit([COUNT + turn + 1]);
        const other = state === "dead" ? "cancelled" : "dead";
        await env.DB.batch([turn % 2 ? settle(other, changed) : reopen(changed), ...purge(changed[0])]);
      });
      expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => b - a));
      expect(staying.size).toBeGreaterThan(100);
      expect([...staying].filter((seq) => !seen.includes(seq))).toEqual([]);
      // Of what is pending there were too many at first, and then not any more.
      expect([...roundTrips].toSorted()).toEqual(state === "pending" ? [1, 2] : [1]);
    },
  );
});
