import type { Dispatch } from "../../src/channels/channel.ts";
import { type MessageRef, parseMessageId } from "../../src/domain/message-id.ts";
import type { Played } from "./play.ts";
import { COMPUTING_MS } from "./process.ts";
import type { Inspect, SimEndpoint } from "./sim-endpoint.ts";
import { TIMEOUT_MS } from "./sim-world.ts";

const SECOND = 1000;
/** How long a request can be on its way, from the last look at D1 to the endpoint. */
const ON_ITS_WAY_MS = 400;
/** The endpoint's health, and the send itself. */
const CALLS_BEFORE_A_SEND = 2;
/** What two clocks may differ by, at most. */
const CLOCK_SKEW_MS = 2 * SECOND;

/** The rules that hold for every request at the moment it arrives. */
export function inspecting(played: Played): Inspect {
  return (endpoint, dispatch) => {
    const ref = parseMessageId(dispatch.messageId, played.world.d1.idKey);
    if (!ref || played.undone.has(dispatch.messageId)) return [];
    const unfounded = inspectMessage(played, ref, dispatch);
    if (unfounded.length > 0 || played.world.faults.has("restore")) return unfounded;
    return [...inspectLease(played, ref, endpoint), ...inspectOrder(played, ref, endpoint)].map(
      (text) => `${text}: ${dispatch.messageId} (${ref.seq}) to ${endpoint.id}`,
    );
  };
}

/** The rules that hold for each message of a request, whoever's lease it is under. */
export function inspectingMessage(played: Played): Inspect {
  return (_, dispatch) => {
    const ref = parseMessageId(dispatch.messageId, played.world.d1.idKey);
    if (!ref || played.undone.has(dispatch.messageId)) return [];
    return inspectMessage(played, ref, dispatch);
  };
}

interface CommittedRow extends Pick<Dispatch, "payload" | "eventType" | "committedAt"> {
  deliver_at: number | null;
}

function inspectMessage({ world }: Played, ref: MessageRef, dispatch: Dispatch): string[] {
  const { messageId, tenantId } = dispatch;
  const [row] = world.d1.query<CommittedRow>(
    `SELECT payload, event_type AS eventType, committed_at AS committedAt, deliver_at FROM all_messages
     WHERE tenant_id = ? AND seq = ? AND nonce = ?`,
    tenantId,
    ref.seq,
    ref.nonce,
  );
  // Of these is the body made, whatever its format.
  const isCommitted = (["payload", "eventType", "committedAt"] as const).every(
    (part) => row?.[part] === dispatch[part],
  );
  if (!row || !isCommitted) return [`phantom: ${messageId} was sent, and is not committed like that`];
  const early = (row.deliver_at ?? 0) - world.timeline.now;
  return early > CLOCK_SKEW_MS
    ? [`early: ${messageId} was sent ${Math.round(early)} ms before its time`]
    : [];
}

/** While a lease stands, the attempt can end before it does. Whoever shortens it, or has another clock, may have begun. */
function inspectLease({ world }: Played, { seq }: MessageRef, { tenantId, id }: SimEndpoint): string[] {
  const { faults } = world;
  if ((["queue-lies", "queue-hangs", "clock-skew"] as const).some((kind) => faults.has(kind))) return [];
  // One of two with the same task gives back what the other has in hand, and the next lease of it is shortened.
  if (faults.has("queue-duplicates") && faults.has("queue-refuses")) return [];
  const leased = world.d1.query<{ due_at: number }>(
    "SELECT due_at FROM outbox_deliveries WHERE tenant_id = ? AND seq = ? AND endpoint_id = ? AND state = 'leased'",
    tenantId,
    seq,
    id,
  );
  const tooLate = leased.filter(({ due_at }) => due_at < world.timeline.now + TIMEOUT_MS);
  return tooLate.map(
    ({ due_at }) => `late: sent ${Math.round(due_at - world.timeline.now)} ms before its lease ends`,
  );
}

function inspectOrder({ world }: Played, { seq }: MessageRef, { tenantId, id }: SimEndpoint): string[] {
  // What is on its way when an earlier one is replayed cannot be called back.
  const busyMs = world.faults.has("clock-stands") ? CALLS_BEFORE_A_SEND * COMPUTING_MS : 0;
  if (world.timeline.now - (world.replayedAt ?? -1e9) < ON_ITS_WAY_MS + busyMs) return [];
  const blocked = world.d1.query<{ seq: number; state: string }>(
    `SELECT earlier.seq, earlier.state FROM outbox_deliveries d JOIN outbox_deliveries earlier USING (tenant_id, endpoint_id, ordering_key)
     WHERE d.tenant_id = ? AND d.endpoint_id = ? AND d.seq = ? AND earlier.seq < d.seq
       AND (earlier.settled_at IS NULL OR earlier.blocks = 1 OR (earlier.state = 'dead' AND ?))`,
    tenantId,
    id,
    seq,
    Number(world.strict.has(id)),
  );
  return blocked.map((earlier) => `order: sent, and ${earlier.seq} of its key is ${earlier.state}`);
}
