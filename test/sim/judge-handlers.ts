import { ID_KEY } from "../../src/db/message-ref.ts";
import type { RowOf } from "../../src/db/row.ts";
import type { attempts, messages } from "../../src/db/schema.ts";
import { type MessageIdRow, messageId } from "../../src/domain/message-id.ts";
import type { FaultKind } from "./faults.ts";
import type { Played } from "./play.ts";
import { type Call, handlersFor, RETIRED } from "./sim-handlers.ts";

interface Attempt
  extends MessageIdRow,
    RowOf<typeof attempts, "tenant_id" | "endpoint_id" | "n" | "outcome" | "error" | "started_at"> {}

interface LedgerRow {
  tenant_id: string;
  message: string;
  handler: string;
  call: string;
  attempt: number;
  messages: number;
  steps: string;
}

/** What is wrong with what handlers have given to commit, now that the world has healed. */
export function judgeHandlers(played: Played): string[] {
  if (!played.world.handlers) return [];
  const { calls } = played.world.handlers;
  const ledger = played.world.d1.query<LedgerRow>("SELECT * FROM app_ledger ORDER BY id");
  return [
    ...findMisapplied(played, calls, ledger),
    ...findInvented(played, calls, ledger),
    ...findTorn(played, ledger),
    ...findOvertaken(played),
    ...findUnknownDelivered(played),
  ];
}

/** One attempt of one delivery: every life of it, from a replay to the next, has attempts of its own. */
const attemptOf = (message: string, handler: string, n: number) => `attempt ${n} of ${message} by ${handler}`;

/**
 * Of each attempt on record: the handler was called; if it is delivered, what that call gave was committed once, and
 * otherwise nothing was. What is not on record has committed nothing.
 */
function findMisapplied(played: Played, calls: readonly Call[], ledger: readonly LedgerRow[]): string[] {
  const callsBy = Map.groupBy(calls, (one) => attemptOf(one.messageId, one.handler, one.attempt));
  const appliedBy = Map.groupBy(ledger, (one) => attemptOf(one.message, one.handler, one.attempt));
  const complaints = attemptsIn(played).flatMap((attempt) => {
    const name = attemptOf(messageId(attempt), handlerOf(attempt.endpoint_id), attempt.n);
    const own = (callsBy.get(name) ?? []).filter(({ startedAt }) => startedAt === attempt.started_at);
    const applied = appliedBy.get(name) ?? [];
    appliedBy.delete(name);
    if (attempt.error === "handler_unknown" && played.world.faults.has("versions") && applied.length === 0)
      return [];
    if (own.some((call) => fits(played, attempt, call, applied))) return [];
    return [
      `misapplied: ${name} is ${attempt.outcome} (${attempt.error}), ${tell(own)}, applied ${tell(applied)}`,
    ];
  });
  const unsettled = [...appliedBy].map(
    ([name, applied]) => `misapplied: ${name} is not on record, applied ${tell(applied)}`,
  );
  return [...complaints, ...unsettled];
}

function attemptsIn({ world }: Played): Attempt[] {
  return world.d1.query<Attempt>(
    `SELECT a.*, m.nonce, ${ID_KEY} FROM all_attempts a JOIN all_messages m USING (tenant_id, seq)
     WHERE a.endpoint_id LIKE 'ep\\_handler\\_%' ESCAPE '\\' AND a.endpoint_id <> 'ep_handler_${RETIRED}'`,
  );
}

/** What a call must have come to for an attempt to have failed like that. */
const INTENTS: Record<string, Call["intent"]> = {
  handler_threw: "throws",
  retry_asked: "retries",
  gave_up: "gives up",
  effects_refused: "unusable",
};

function fits(played: Played, attempt: Attempt, call: Call, applied: readonly LedgerRow[]): boolean {
  if (attempt.outcome !== "delivered") {
    if (applied.length > 0) return false;
    if (attempt.error === "effects_refused" && mayBeRefused(played, call)) return true;
    if (attempt.error === "internal" && (mayBeUnasked(played, call) || mayLackRoom(played, call)))
      return true;
    return attempt.error === "timeout" || INTENTS[attempt.error ?? ""] === call.intent;
  }
  if (call.answered !== "in time") return false;
  if (call.intent === "nothing") return applied.length === 0;
  return call.intent === "effects" && applied.length === 1 && applied[0]?.call === call.id;
}

/** Good effects are refused only where messages are among them, and their tenant has been deleted. */
function mayBeRefused({ world }: Played, { tenantId, messages }: Call): boolean {
  const deleted = world.d1.query("SELECT 1 FROM outbox_tenants WHERE id = ? AND state = 'deleted'", tenantId);
  return messages > 0 && (deleted.length > 0 || world.faults.has("restore"));
}

/** What can keep D1 from saying which event types there are. */
const SILENT: readonly FaultKind[] = ["d1-before", "d1-after", "d1-overloaded"];

function mayBeUnasked({ faults }: Played, { messages }: Call): boolean {
  return messages > 0 && faults.some(({ kind }) => SILENT.includes(kind));
}

/** A database that was full when effects came may have room for the attempt a moment later. */
function mayLackRoom({ faults }: Played, { intent }: Call): boolean {
  return ["effects", "unusable"].includes(intent) && faults.some(({ kind }) => kind === "d1-full");
}

/** Whatever is in the app's tables was given by a call, once, and as a whole. */
function findInvented({ world }: Played, calls: readonly Call[], ledger: readonly LedgerRow[]): string[] {
  const callsById = new Map(calls.map((call) => [call.id, call]));
  const times = new Map<string, number>();
  const complaints = ledger.flatMap((row) => {
    const call = callsById.get(row.call);
    times.set(row.call, (times.get(row.call) ?? 0) + 1);
    const given =
      call?.messageId === row.message &&
      call.handler === row.handler &&
      call.attempt === row.attempt &&
      call.messages === row.messages;
    const whole = row.steps === "first second" && times.get(row.call) === 1;
    return given && whole ? [] : [`invented: ${JSON.stringify(row)}, ${JSON.stringify(call)}`];
  });
  const miscounted = world.d1.query(
    `SELECT message, handler, e.times, count(l.id) AS applied FROM app_effects e FULL JOIN app_ledger l USING (message, handler)
     GROUP BY message, handler HAVING e.times IS NOT count(l.id)`,
  );
  return [...complaints, ...miscounted.map((row) => `invented: ${JSON.stringify(row)}`)];
}

interface Given extends RowOf<typeof messages, "tenant_id" | "event_type" | "endpoint_ids"> {
  seq: number;
  call: string;
  position: number;
  handlers: string;
}

/** The messages of a call are there with its row, all of them, in order, one behind the other, and go to whom they concern. */
function findTorn({ world }: Played, ledger: readonly LedgerRow[]): string[] {
  const messages = world.d1.query<Given>(
    `SELECT tenant_id, seq, event_type, endpoint_ids, payload ->> 'call' AS call, payload ->> 'position' AS position,
       (SELECT json_group_array(d.endpoint_id) FROM all_deliveries d WHERE d.tenant_id = m.tenant_id AND d.seq = m.seq
          AND d.endpoint_id LIKE 'ep\\_handler\\_%' ESCAPE '\\') AS handlers
     FROM all_messages m WHERE payload ->> 'call' IS NOT NULL ORDER BY tenant_id, seq`,
  );
  const given = Map.groupBy(messages, ({ call }) => call);
  const torn = ledger.flatMap((row) => {
    const own = given.get(row.call) ?? [];
    given.delete(row.call);
    const first = own[0]?.seq ?? 0;
    const whole =
      own.length === row.messages &&
      own.every(
        ({ tenant_id, seq, position }, place) =>
          tenant_id === row.tenant_id && position === place && seq === first + place,
      );
    return whole ? [] : [`torn effects: ${JSON.stringify(row)} and its messages: ${tell(own)}`];
  });
  const lonely = [...given.values()].map((own) => `torn effects: messages without their row: ${tell(own)}`);
  const misled = messages
    .filter(
      (one) =>
        !handlersFor(one).some((own) => tell(own.toSorted()) === tell(JSON.parse(one.handlers).toSorted())),
    )
    .map((one) => `torn effects: without its deliveries: ${JSON.stringify(one)}`);
  return [...torn, ...lonely, ...misled];
}

/** Effects of one key were committed in the order of the key. */
function findOvertaken({ world }: Played): string[] {
  if (world.faults.has("restore")) return [];
  const rows = world.d1.query("SELECT call, seq, earlier FROM app_overtaken");
  return rows.map(
    (row) => `overtaken: an effect came before an earlier one of its key: ${JSON.stringify(row)}`,
  );
}

/** What is for a handler that no consumer has is a dead letter, which says so. */
function findUnknownDelivered({ world }: Played): string[] {
  const rows = world.d1.query(
    `SELECT d.tenant_id, d.seq, d.state, d.reason, a.error FROM all_deliveries d
       LEFT JOIN all_attempts a USING (tenant_id, seq, endpoint_id)
     WHERE d.endpoint_id = 'ep_handler_${RETIRED}' AND NOT (
       d.state IN ('dead', 'cancelled') AND coalesce(a.error, 'handler_unknown') = 'handler_unknown'
         AND (d.state = 'cancelled' OR d.reason = 'poison' OR (d.reason = 'exhausted' AND a.error IS NOT NULL)))`,
  );
  return rows.map((row) => `unknown handler: ${JSON.stringify(row)}`);
}

function handlerOf(endpointId: string): string {
  return endpointId.slice("ep_handler_".length);
}

function tell(rows: readonly unknown[]): string {
  return JSON.stringify(rows);
}
