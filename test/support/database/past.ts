import { env } from "cloudflare:workers";
import { messageKey } from "../../../src/db/message-key.ts";
import type { ChannelName, DeliveryState } from "../../../src/domain/states.ts";

/** A delivery of a made-up past, with what of its message lists filter by. */
export interface PastDelivery {
  seq: number;
  endpointId: string;
  channel: ChannelName;
  state: DeliveryState;
  eventType: string;
  orderingKey: string | null;
  committedAt: number;
}

export interface PastMessage {
  seq: number;
  eventType: string;
  orderingKey: string | null;
  committedAt: number;
}

export const PAST_ENDPOINTS: Record<string, ChannelName> = {
  ep_a: "webhook",
  ep_b: "webhook",
  ep_c: "email",
  ep_email: "email",
};
/** Largest skew of the clocks of its commits. */
const SKEW_MS = 40_000;
const STATES: DeliveryState[] = ["pending", "leased", "delivered", "delivered", "dead", "cancelled"];

/** Numbers from 0 to before n, the same for the same seed (mulberry32). */
export function picking(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

/**
 * The rows of a tenant that has had so many messages, a second apart by clocks that differ, some of them purged: of several
 * event types, to none or some of the endpoints, in all states, half of them with an ordering key.
 */
export async function makePast(tenantId: string, count: number, from: number, pick: (n: number) => number) {
  const messages = Array.from({ length: count }, (_, n) => makeMessage(n + 1, from, pick)).filter(
    ({ seq }) => seq === count || (pick(4) > 0 && !(seq > count / 3 && seq < count / 2)),
  );
  const deliveries = messages.flatMap((message) => makeDeliveries(message, pick));
  await insertPast(tenantId, messages, deliveries);
  return { messages, deliveries };
}

function makeMessage(seq: number, from: number, pick: (n: number) => number): PastMessage {
  return {
    seq,
    eventType: pick(100) === 0 ? "rare" : (["a", "a.b", "c"][pick(3)] ?? "a"),
    orderingKey: pick(2) === 0 ? `k${pick(5)}` : null,
    committedAt: from + seq * 1000 + pick(SKEW_MS) - SKEW_MS / 2,
  };
}

function makeDeliveries(message: PastMessage, pick: (n: number) => number): PastDelivery[] {
  return Object.entries(PAST_ENDPOINTS)
    .filter(() => pick(2) === 0)
    .map(([endpointId, channel]) => {
      return { ...message, endpointId, channel, state: STATES[pick(STATES.length)] ?? "delivered" };
    });
}

export async function insertPast(
  tenantId: string,
  messages: readonly PastMessage[],
  deliveries: readonly PastDelivery[],
) {
  const endpoints = Object.entries(PAST_ENDPOINTS).map(([id, channel]) => ({ id, channel }));
  const insert = (sql: string, rows: readonly unknown[]) =>
    Array.from({ length: Math.ceil(rows.length / 2000) }, (_, part) =>
      env.DB.prepare(sql).bind(tenantId, JSON.stringify(rows.slice(part * 2000, part * 2000 + 2000))),
    );
  await env.DB.batch([
    ...insert(
      `INSERT INTO outbox_endpoints (tenant_id, id, channel, target, event_types, state, ordering, created_at, updated_at)
       SELECT ?1, value ->> 'id', value ->> 'channel', 'x', '[]', 'enabled', 'strict', 1, 1 FROM json_each(?2)
       WHERE true ON CONFLICT DO NOTHING`,
      endpoints,
    ),
    ...insert(
      `INSERT INTO outbox_messages (tenant_id, id, payload_bytes, nonce, event_type, payload, ordering_key, committed_at)
       SELECT ?1, ${messageKey("?1", "value ->> 'seq'")}, 1, printf('%013d', value ->> 'seq'), value ->> 'eventType',
         json_object('to', json_array('ada' || (value ->> 'seq') || '@example.com'), 'subject', 'No. ' || (value ->> 'seq'), 'text', 'x'),
         value ->> 'orderingKey', value ->> 'committedAt' FROM json_each(?2)`,
      messages,
    ),
    ...insert(
      `INSERT INTO outbox_deliveries (tenant_id, seq, endpoint_id, ordering_key, payload_bytes, state, due_at, settled_at,
         lease_token, attempts, blocks, behind)
       SELECT ?1, value ->> 'seq', value ->> 'endpointId', value ->> 'orderingKey', 1, value ->> 'state',
         iif(value ->> 'state' IN ('pending', 'leased'), 1, NULL), iif(value ->> 'state' IN ('pending', 'leased'), NULL, 1),
         iif(value ->> 'state' = 'leased', 'x', NULL), 0,
         value ->> 'orderingKey' IS NOT NULL AND value ->> 'state' IN ('pending', 'leased', 'dead'),
         value ->> 'orderingKey' IS NOT NULL AND value ->> 'state' = 'pending' AND value ->> 'seq' % 2
       FROM json_each(?2)`,
      deliveries,
    ),
  ]);
}
