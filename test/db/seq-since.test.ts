import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, test } from "vitest";
import { seqSince } from "../../src/db/seq-since.ts";
import { insertPast } from "../support/database/past.ts";
import { World } from "../support/world.ts";

const find = (tenantId: string, instant: number) =>
  env.DB.prepare(`SELECT ${seqSince("?1", "?2")} AS seq`)
    .bind(tenantId, instant)
    .first<number>("seq");

/** Messages of a tenant of its own: `gaps` have been purged, several can have the same instant. */
async function makeMessages(kept: readonly { gap: number; wait: number }[]) {
  const tenantId = await new World(env.DB).createTenant();
  let [seq, committedAt] = [0, 1000];
  const messages = kept.map(({ gap, wait }) => {
    seq += 1 + gap;
    committedAt += wait;
    return { seq, committedAt, eventType: "a", orderingKey: null };
  });
  await insertPast(tenantId, messages, []);
  return { tenantId, messages };
}

const kept = fc.array(fc.record({ gap: fc.constantFrom(0, 0, 0, 1, 90), wait: fc.constantFrom(0, 1, 50) }), {
  maxLength: 40,
});

test("from the number that is found on, and not before it, all messages were committed since the instant", async () => {
  await fc.assert(
    fc.asyncProperty(kept, fc.integer({ min: 990, max: 1500 }), async (past, instant) => {
      const { tenantId, messages } = await makeMessages(past);
      const seq = (await find(tenantId, instant)) ?? 0;
      const since = messages.filter(({ committedAt }) => committedAt >= instant);
      expect(messages.filter((message) => message.seq >= seq)).toEqual(since);
    }),
    { numRuns: 100 },
  );
});

test("of a tenant without messages it is the first that will come", async () => {
  const { tenantId } = await makeMessages([]);
  expect(await find(tenantId, 1)).toBe(1);
});
