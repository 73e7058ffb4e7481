import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { LAST_SEQ, messageKey } from "../../src/db/message-key.ts";
import { ID_KEY } from "../../src/db/message-ref.ts";
import { type MessageIdRow, messageId } from "../../src/domain/message-id.ts";
import { cancelWhole } from "../../src/interventions/cancel.ts";
import { event } from "../../src/outbox/message.ts";
import { listDeliveries } from "../../src/trace/deliveries.ts";
import { listMessages, readMessage } from "../../src/trace/messages.ts";
import { readStats } from "../../src/trace/stats.ts";
import { World } from "../support/world.ts";

let world: World;
/** One after another in the table: what goes over the edge of the middle one's range would find the others'. */
let tenants: string[];
const STRANGE = [
  -1,
  -LAST_SEQ,
  0,
  LAST_SEQ,
  LAST_SEQ + 1,
  2 * LAST_SEQ,
  2 ** 45,
  Number.MAX_SAFE_INTEGER,
  1.5,
];

beforeEach(async () => {
  world = new World(env.DB);
  tenants = [await world.createTenant(), await world.createTenant(), await world.createTenant()];
  for (const tenant of tenants) {
    await world.createEndpoint(tenant);
    await world.commit(tenant, { messages: [event("a", tenant), event("a", tenant)] });
  }
});

const middle = () => tenants[1] ?? "";

describe("the key of a message", () => {
  test.each(STRANGE)("stays within its tenant's range for the sequence number %d", async (seq) => {
    const row = await env.DB.prepare(`
      SELECT ${messageKey("?1", "?2")} >> 36 AS number, (SELECT number FROM outbox_tenants WHERE id = ?1) AS own`)
      .bind(middle(), seq)
      .first<{ number: number; own: number }>();
    expect(row?.number).toBe(row?.own);
  });

  test("is none of a tenant that is not there", async () => {
    const row = await env.DB.prepare(`SELECT ${messageKey("?1", "1")} AS key`)
      .bind("nobody")
      .first();
    expect(row).toEqual({ key: null });
  });

  test("holds more tenants than a double can count", async () => {
    const number = 4_000_000;
    const id = `t-${crypto.randomUUID()}`;
    await env.DB.prepare(
      "INSERT INTO outbox_tenants (number, id, state, created_at) VALUES (?, ?, 'active', 0)",
    )
      .bind(number, id)
      .run();
    await world.createEndpoint(id);
    for (let n = 0; n < 3; n++) await world.commit(id, { messages: [event("a", n), event("a", n)] });
    await world.runUntilIdle(id);
    expect(world.sent.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6]);
    expect((await listMessages(env.DB, id, { limit: 10 })).entries).toHaveLength(6);
    await env.DB.prepare("UPDATE outbox_tenants SET number = -number WHERE id = ?").bind(id).run();
  });
});

describe("a sequence number out of its range", () => {
  test.each(STRANGE)("as %d, shows and changes nothing of a neighbour", async (seq) => {
    const own = new Set((await listMessages(env.DB, middle(), { limit: 10 })).entries.map(({ id }) => id));
    const listed = [
      ...(await listMessages(env.DB, middle(), { limit: 10, after: { seq } })).entries.map(({ id }) => id),
      ...(
        await listDeliveries(env.DB, middle(), { limit: 10, after: { seq, endpointId: "zzz" } })
      ).entries.map(({ messageId }) => messageId),
    ];
    expect(listed.filter((id) => !own.has(id))).toEqual([]);
  });

  test("in an id of a neighbour's finds nothing", async () => {
    const { results } = await env.DB.prepare(
      `SELECT seq, nonce, ${ID_KEY} FROM outbox_messages WHERE tenant_id = ?`,
    )
      .bind(tenants[2])
      .all<MessageIdRow>();
    for (const row of results) {
      const id = messageId({ ...row, seq: row.seq + LAST_SEQ + 1 });
      await expect(readMessage(env.DB, middle(), id)).rejects.toThrow("There is no message");
      await expect(world.ask((tools) => cancelWhole(tools, middle(), id))).rejects.toThrow(
        "There is no message",
      );
    }
  });

  test("nothing of a neighbour is counted", async () => {
    const stats = await readStats(env.DB, middle(), {}, world.now);
    expect(stats.messages).toMatchObject({ total: 2, inSpan: 2 });
  });
});
