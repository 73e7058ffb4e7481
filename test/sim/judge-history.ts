import { columnsOf, type RowOf } from "../../src/db/row.ts";
import type { deliveries, messages } from "../../src/db/schema.ts";
import { SUPPRESSED, UNCERTAIN } from "../../src/domain/email-status.ts";
import { handlerOfEndpoint } from "../../src/domain/handlers.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../../src/domain/ids.ts";
import { parseMessageId } from "../../src/domain/message-id.ts";
import { limits } from "../../src/platform/limits.ts";
import { VIOLATIONS } from "../support/database/violations.ts";
import type { FaultKind } from "./faults.ts";
import { judgeEvents } from "./judge-events.ts";
import { judgeHandlers } from "./judge-handlers.ts";
import { judgeMail } from "./judge-mail.ts";
import { judgeSums } from "./judge-sums.ts";
import type { Played } from "./play.ts";
import { RETRY_SCHEDULE } from "./sim-world.ts";

/** What is wrong with a history, now that the world has healed. Empty for a good one. */
export function judgeHistory(played: Played): string[] {
  return [
    ...played.world.endpoints.flatMap(({ complaints }) => complaints),
    ...played.complaints,
    ...played.world.complaints,
    ...played.world.queue.complaints,
    ...played.world.relays.complaints,
    ...played.wronglyPurged,
    ...findBrokenInvariants(played),
    ...findUnpurged(played),
    ...findUnsettled(played),
    ...findHeld(played),
    ...findLost(played),
    ...findTornCommits(played),
    ...findFalseOutcomes(played),
    ...findUntold(played),
    ...findToldTwice(played),
    ...findTooFast(played),
    ...findUnexplainedRepetitions(played),
    ...judgeSums(played),
    ...judgeHandlers(played),
    ...judgeMail(played),
    ...judgeEvents(played),
  ];
}

function findBrokenInvariants({ world }: Played): string[] {
  const tenants = world.d1.query<{ id: string }>("SELECT id FROM outbox_tenants");
  // Clocks that are off put wrong times on record, a replay comes after what was behind it the first time, and a database that
  // is set back forgets what was settled before a later one was tried: the receipts have been checked as they came.
  const checked = Object.entries(VIOLATIONS).filter(
    ([name]) =>
      !(
        (name.startsWith("5 ") &&
          (world.faults.has("clock-skew") ||
            world.faults.has("restore") ||
            world.replayedAt !== undefined)) ||
        // A full database loses count of some; judgeSums looks closer.
        (/^1[89] /.test(name) && world.faults.has("d1-full"))
      ),
  );
  return checked.flatMap(([name, query]) =>
    tenants.flatMap(({ id }) =>
      world.d1.query(query, id).map((row) => `invariant ${name}: ${JSON.stringify(row)}`),
    ),
  );
}

/** What nobody has settled, though there was time enough. */
export function findUnsettled({ world }: Played): string[] {
  const rows = world.d1.query(
    "SELECT tenant_id, seq, endpoint_id, state, due_at, behind FROM outbox_deliveries WHERE settled_at IS NULL",
  );
  return rows.map((row) => `stuck: ${JSON.stringify(row)}`);
}

/** A key stops at a dead delivery only where the order is strict. */
function findHeld({ world }: Played): string[] {
  const rows = world.d1.query(`
    SELECT d.tenant_id, d.seq, d.endpoint_id FROM outbox_deliveries d
      JOIN outbox_endpoints e ON e.tenant_id = d.tenant_id AND e.id = d.endpoint_id
    WHERE d.state = 'dead' AND d.blocks = 1 AND e.ordering = 'lenient'`);
  return rows.map((row) => `held: ${JSON.stringify(row)}`);
}

/** Where messages are purged, all that can go has gone by now. */
function findUnpurged({ world }: Played): string[] {
  if (!world.retention) return [];
  const rows = world.d1.query(`
    SELECT tenant_id, seq FROM outbox_messages m
    WHERE seq < (SELECT max(seq) FROM outbox_messages WHERE tenant_id = m.tenant_id) AND NOT EXISTS (
      SELECT 1 FROM outbox_deliveries d WHERE d.tenant_id = m.tenant_id AND d.seq = m.seq AND d.blocks = 1)`);
  return rows.map((row) => `never purged: ${JSON.stringify(row)}`);
}

function findLost({ acknowledged, world }: Played): string[] {
  return acknowledged.flatMap(({ tenantId, id, deliveries }) => {
    const ref = parseMessageId(id, world.d1.idKey);
    const [row] = world.d1.query<{ nonce: string; deliveries: number }>(
      `SELECT nonce, (SELECT count(*) FROM all_deliveries d WHERE d.tenant_id = m.tenant_id AND d.seq = m.seq) AS deliveries
       FROM all_messages m WHERE tenant_id = ? AND seq = ?`,
      tenantId,
      ref?.seq ?? 0,
    );
    const kept = row?.nonce === ref?.nonce && row?.deliveries === deliveries;
    return kept
      ? []
      : [`lost: ${id} of ${tenantId} was acknowledged with ${deliveries} deliveries: ${JSON.stringify(row)}`];
  });
}

/** The app's row and its messages were committed together, or neither was. */
function findTornCommits({ world }: Played): string[] {
  const rows = world.d1.query(`
    WITH tagged AS MATERIALIZED (
      SELECT payload ->> 'tag' AS tag, payload ->> 'm' AS m FROM all_messages WHERE payload ->> 'tag' IS NOT NULL
      UNION ALL
      SELECT substr(payload ->> 'subject', 1, instr(payload ->> 'subject', ' ') - 1),
        (payload ->> 'subject') || ' to ' || (payload ->> '$.to[0]')
      FROM all_messages WHERE event_type = 'email')
    SELECT tag, 'without messages' AS is_there FROM app_orders WHERE tag NOT IN (SELECT tag FROM tagged)
    UNION ALL
    SELECT tag, 'without its order' FROM tagged WHERE tag NOT IN (SELECT tag FROM app_orders)
    UNION ALL
    SELECT tag, 'its order twice' FROM app_orders GROUP BY tag HAVING count(*) > 1
    UNION ALL
    SELECT tag || ' ' || m, 'twice' FROM tagged GROUP BY 1 HAVING count(*) > 1`);
  return rows.map((row) => `torn commit: ${JSON.stringify(row)}`);
}

const OF_OUTCOME = [
  "tenant_id",
  "seq",
  "endpoint_id",
  "state",
  "attempts",
  "schedule_from",
  "spared",
  "reason",
] as const;

interface Outcome
  extends RowOf<typeof deliveries, (typeof OF_OUTCOME)[number]>,
    RowOf<typeof messages, "nonce"> {}

/** What can make an attempt begin, and never be recorded. */
const KILLING: readonly FaultKind[] = ["death", "poison", "d1-before", "d1-after", "d1-overloaded"];

/**
 * Delivered means that the endpoint accepted it; dead that every attempt was made, or that attempts began again and again
 * and were not recorded, which somebody's death explains.
 */
function findFalseOutcomes({ world, faults }: Played): string[] {
  const deaths = faults.filter(({ kind }) => KILLING.includes(kind)).length;
  const rows = world.d1.query<Outcome>(
    `SELECT ${columnsOf<typeof deliveries>("d", OF_OUTCOME)}, m.nonce
     FROM all_deliveries d JOIN all_messages m USING (tenant_id, seq) WHERE d.endpoint_id <> 'ep_handler_retired'`,
  );
  return rows
    .filter((row) => !isHonest(world, row, deaths))
    .map((row) => `false outcome: ${JSON.stringify(row)}`);
}

function isHonest(world: Played["world"], row: Outcome, deaths: number): boolean {
  const { receipts } = world.endpointOf(row.tenant_id, row.endpoint_id);
  if (row.state === "delivered") {
    return receipts.some((one) => one.accepted && one.messageId.endsWith(row.nonce));
  }
  if (row.state !== "dead") return true;
  if (row.reason === "poison") return deaths >= limits.startsUnsuspected + limits.poisonStarts;
  if (row.reason === "given_up") return gaveUp(world, row);
  if (row.reason === SUPPRESSED) return row.endpoint_id === DIRECT_EMAIL_ENDPOINT;
  if (row.reason === UNCERTAIN) return wasInDoubt(world, row);
  return row.attempts - row.schedule_from - row.spared === RETRY_SCHEDULE.length + 1;
}

/** An e-mail is held only if it was on record as about to be sent. */
function wasInDoubt({ d1 }: Played["world"], { tenant_id, seq }: Outcome): boolean {
  return d1.query("SELECT 1 FROM noted_doubts WHERE tenant_id = ? AND seq = ?", tenant_id, seq).length > 0;
}

/** Only a handler gives up for good, and says so itself; and the account of the e-mails, for some recipients. */
function gaveUp({ handlers, mail }: Played["world"], { endpoint_id, nonce }: Outcome): boolean {
  if (endpoint_id === DIRECT_EMAIL_ENDPOINT) {
    return [...(mail?.refused ?? [])].some((messageId) => messageId.endsWith(nonce));
  }
  const name = handlerOfEndpoint(endpoint_id);
  const calls = handlers?.calls ?? [];
  return calls.some(
    ({ intent, handler, messageId }) =>
      intent === "gives up" && handler === name && messageId.endsWith(nonce),
  );
}

/**
 * Where somebody listens, each death of a delivery by an attempt that is on record was told once, and nothing else was: to its tenant, and to
 * the one that hears of all.
 */
function findUntold({ world }: Played): string[] {
  if (world.retention) return [];
  const rows = world.d1.query<{ tenant_id: string; told: number; died: number }>(
    `SELECT l.tenant_id, t.id,
       (SELECT count(*) FROM outbox_messages m WHERE m.tenant_id = l.tenant_id AND m.payload ->> '$.tenantId' = t.id
          AND m.event_type = 'message.attempt.exhausted' AND m.payload ->> '$.error' IS NOT NULL) AS told,
       (SELECT count(*) FROM outbox_attempts a WHERE a.tenant_id = t.id AND a.outcome = 'dead') AS died
     FROM outbox_endpoints l JOIN outbox_tenants t ON l.tenant_id = t.id OR l.tenant_id = ?
     WHERE l.id LIKE '%listener' AND l.state <> 'deleted'`,
    world.systemEventsTenant ?? null,
  );
  return rows.filter(({ told, died }) => told !== died).map((row) => `untold: ${JSON.stringify(row)}`);
}

/** Of a run of failures each share of the failure budget is told once, and so is its end, to each tenant that hears of it. */
function findToldTwice({ world }: Played): string[] {
  const rows = world.d1.query<{ times: number }>(
    `SELECT tenant_id, event_type, payload ->> '$.tenantId' AS of, payload ->> '$.endpointId' AS endpoint_id,
       payload ->> '$.failingSince' AS since, (payload ->> '$.percent' >= 70) + (payload ->> '$.percent' >= 90) AS share, count(*) AS times
     FROM outbox_messages WHERE event_type IN ('endpoint.failing', 'endpoint.recovered')
     GROUP BY 1, 2, 3, 4, 5, 6 HAVING count(*) > 1`,
  );
  return rows.map((row) => `told twice: ${JSON.stringify(row)}`);
}

/** What can bring requests together that were claimed one after another. */
const BUNCHING: readonly FaultKind[] = [
  "queue-delays",
  "consumers-away",
  "queue-duplicates",
  "clock-skew",
  "death",
  "poison",
  "restore",
];

/** In no minute an endpoint gets more than its rate limit allows, but for a second's worth, and what is tried again at once. */
function findTooFast({ world }: Played): string[] {
  if (BUNCHING.some((kind) => world.faults.has(kind))) return [];
  const limited = world.d1.query<{ tenant_id: string; id: string; rate_limit: number }>(
    "SELECT tenant_id, id, rate_limit FROM outbox_endpoints WHERE rate_limit IS NOT NULL",
  );
  return limited.flatMap(({ tenant_id, id, rate_limit }) => {
    const times = world.endpointOf(tenant_id, id).receipts.map(({ at }) => at);
    const most = Math.max(
      0,
      ...times.map((from) => times.filter((at) => at >= from && at < from + 60_000).length),
    );
    return most > rate_limit * 60 * 1.05 + 1
      ? [`too fast: ${id} got ${most} in a minute, at ${rate_limit} a second`]
      : [];
  });
}

/** What can make an endpoint get something twice. A queue that is late, or alarms that vanish, must not. */
const REPEATING: readonly FaultKind[] = [
  "death",
  "d1-before",
  "d1-after",
  "d1-overloaded",
  "poison",
  "queue-duplicates",
  "queue-lies",
  "answer-lost",
  "clock-skew",
  "restore",
  "d1-stalls",
  "d1-full",
  // It may have taken the tasks.
  "queue-hangs",
  // A handler that is kept from computing may be given up on.
  "clock-stands",
];

/** What an endpoint accepted twice, it got twice because something happened in between that is on record. */
function findUnexplainedRepetitions({ world, faults }: Played): string[] {
  return world.endpoints.flatMap(({ id, receipts }) => {
    const lastAccepted = new Map<string, number>();
    return receipts.flatMap(({ messageId, accepted, at }) => {
      const before = lastAccepted.get(messageId);
      if (accepted) lastAccepted.set(messageId, at);
      // The fault can be what made the first send: a task that was handed out twice, a lease that ran out.
      const explained =
        before === undefined ||
        world.faults.has("clock-skew") ||
        world.replayedAt !== undefined ||
        faults.some(
          (fault) => REPEATING.includes(fault.kind) && fault.at >= before - 90_000 && fault.at <= at,
        );
      return explained ? [] : [`unexplained repetition: ${messageId} to ${id}`];
    });
  });
}
