import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { temporary } from "../../src/channels/channel.ts";
import { replayOne } from "../../src/interventions/replay.ts";
import { event } from "../../src/outbox/message.ts";
import { type AttemptCursor, listAttempts, readDelivery } from "../../src/trace/delivery.ts";
import { ACCEPTED, World } from "../support/world.ts";

const refusal = temporary("http_status", { httpStatus: 503, excerpt: "down" });
let world: World;
let tenant: string;
let endpoint: string;

beforeEach(async () => {
  world = new World(env.DB);
  tenant = await world.createTenant();
  endpoint = await world.createEndpoint(tenant, { retrySchedule: [1, 1, 1, 1] });
});

async function send(): Promise<string> {
  const { messages } = await world.commit(tenant, { messages: [event("a", 1, { orderingKey: "k" })] });
  await world.runUntilIdle(tenant);
  return messages[0]?.id ?? "";
}

/** The delivery of a message to the one endpoint there is. */
const nameOf = (messageId: string) => ({ messageId, endpointId: endpoint });

async function walk(id: string, limit: number) {
  const pages: number[][] = [];
  let after: AttemptCursor | undefined;
  do {
    const { entries, next } = await listAttempts(env.DB, tenant, nameOf(id), { limit, after });
    pages.push(entries.map(({ number }) => number));
    after = next ?? undefined;
  } while (after !== undefined);
  return pages;
}

describe("one delivery", () => {
  test("is read with its attempts, and what of its message tells it apart", async () => {
    let failures = 2;
    world.answer = () => (failures-- > 0 ? refusal : ACCEPTED);
    const committedAt = world.now;
    const id = await send();
    expect(await readDelivery(env.DB, tenant, nameOf(id))).toMatchObject({
      messageId: id,
      sequence: 1,
      eventType: "a",
      committedAt,
      orderingKey: "k",
      endpointId: endpoint,
      channel: "webhook",
      state: "delivered",
      attempts: [
        { number: 1, outcome: "retry", httpStatus: 503, responseExcerpt: "down" },
        { number: 2, outcome: "retry" },
        { number: 3, outcome: "delivered", httpStatus: 200 },
      ],
    });
  });

  test("has its attempts in pages, newest first", async () => {
    world.answer = () => refusal;
    const id = await send();
    expect(await walk(id, 2)).toEqual([[5, 4], [3, 2], [1]]);
    expect(await walk(id, 5)).toEqual([[5, 4, 3, 2, 1]]);
  });

  test("shows the first attempt that delivered, which has no row of its own, once, also after a replay", async () => {
    const id = await send();
    const [sent] = world.sent;
    const first = { number: 1, outcome: "delivered", httpStatus: 200, startedAt: sent?.at };
    const page = await listAttempts(env.DB, tenant, nameOf(id), { limit: 1 });
    expect(page).toMatchObject({ entries: [first], next: null });
    const after = { number: 1 };
    expect((await listAttempts(env.DB, tenant, nameOf(id), { limit: 1, after })).entries).toEqual([]);
    expect((await readDelivery(env.DB, tenant, nameOf(id))).attempts).toMatchObject([first]);

    await world.ask((tools) => replayOne(tools, tenant, id, endpoint));
    expect(await walk(id, 1)).toEqual([[1]]);
    await world.runUntilIdle(tenant);
    expect(await walk(id, 1)).toEqual([[2], [1]]);
    const { attempts } = await readDelivery(env.DB, tenant, nameOf(id));
    expect(attempts).toMatchObject([first, { number: 2, outcome: "delivered" }]);
  });

  test("never tried has none", async () => {
    const { messages } = await world.commit(tenant, { messages: [event("a", 1)] });
    const page = await listAttempts(env.DB, tenant, nameOf(messages[0]?.id ?? ""), { limit: 5 });
    expect(page).toEqual({ entries: [], next: null });
  });

  test("is not found under another tenant, another message's nonce or another endpoint", async () => {
    const id = await send();
    const other = await world.createTenant();
    const forged = `${id.slice(0, -1)}${id.endsWith("0") ? "1" : "0"}`;
    const reads = [
      [other, id, endpoint, "message_not_found"],
      [tenant, forged, endpoint, "message_not_found"],
      [tenant, "nonsense", endpoint, "message_not_found"],
      [tenant, id, "ep_nobody", "delivery_not_found"],
    ] as const;
    for (const [of, messageId, endpointId, code] of reads) {
      const delivery = { messageId, endpointId };
      await expect(readDelivery(env.DB, of, delivery)).rejects.toMatchObject({ code });
      await expect(listAttempts(env.DB, of, delivery, { limit: 5 })).rejects.toMatchObject({ code });
    }
  });
});
