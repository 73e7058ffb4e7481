import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { noise, order } from "../../bench/storage/payloads.ts";
import { event } from "../../src/outbox/message.ts";
import { newDatabase } from "../support/database/empty-database.ts";
import { World } from "../support/world.ts";

/*
 * What a delivered message takes of D1, by its own measure. Bounds a little above docs/operate/performance.md: whoever adds a column
 * that counts, or a row that goes over a page, learns it here. A database grows by pages: 20 bytes a message where there are 200.
 */

const KIB = 1024;

let world: World;

beforeEach(async () => {
  await newDatabase();
  world = new World(env.DB);
});

async function bytesPerMessage(
  payload: (n: number) => unknown,
  count: number,
  excerpt: string,
): Promise<number> {
  const tenant = await world.createTenant();
  await world.createEndpoint(tenant);
  world.answer = () => ({ kind: "accepted", httpStatus: 200, excerpt });
  const sizeNow = async () => (await env.DB.prepare("SELECT 1").all()).meta.size_after;
  const before = await sizeNow();
  for (let n = 0; n < count; n += 20) {
    const messages = Array.from({ length: 20 }, (_, m) => event("order.placed", payload(n + m)));
    await world.commit(tenant, { messages });
  }
  await world.runUntilIdle(tenant);
  return ((await sizeNow()) - before) / count;
}

describe("a delivered message takes", () => {
  test.each([
    ["an order of 100 B", 200, 350, 620, (n: number) => order(n, 100)],
    ["an order of 1 KB", 200, 760, 1020, (n: number) => order(n, KIB)],
    ["an order of 4 KB", 100, 1700, 1950, (n: number) => order(n, 4 * KIB)],
    ["an order of 64 KB", 20, 18_500, 19_000, (n: number) => order(n, 64 * KIB)],
    ["1 KB of noise", 200, 1300, 1550, (n: number) => noise(n, KIB)],
  ])(
    "with %s, %d of them: at most %d bytes, at most %d where the receiver says much",
    async (_, count, quiet, talkative, payload) => {
      expect(await bytesPerMessage(payload, count, "ok")).toBeLessThan(quiet);
      expect(await bytesPerMessage(payload, count, "x".repeat(KIB))).toBeLessThan(talkative);
    },
  );
});
