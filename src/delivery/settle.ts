import { faultOf, inOneBatch, type Statement } from "../db/database.ts";
import { readyAt } from "../domain/pace.ts";
import { announce, type Guard } from "../outbox/announce.ts";
import { boundEffects, type EffectsTools, effectStatements } from "../outbox/effects.ts";
import type { Insertion } from "../outbox/insert-messages.ts";
import { limits } from "../platform/limits.ts";
import type { Log } from "../platform/log.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import { type Standing, selectStanding } from "./health-statements.ts";
import { announceDisabled, logDisabled, recordHealth } from "./record-health.ts";
import { settleWithEffects } from "./settle-effects.ts";
import {
  disableGone,
  insertAttempts,
  isGone,
  refuseIfLost,
  settleLeased,
  type Verdict,
} from "./statements.ts";

export interface SettleTools extends EffectsTools {
  log: Log;
  /** An endpoint that does nothing but fail for so long is disabled. */
  disableAfterMs: number;
}

export interface Settled {
  /** The deliveries whose lease still stood, and that do not block their key: what comes behind them may go on. */
  seqs: ReadonlySet<number>;
  /** Nothing more is to be sent to the endpoint now: it is not enabled any more, or its breaker is open. */
  closed: boolean;
  /** When the endpoint is to be served next; null when nothing waits for it, or it may not be. */
  nextAt: number | null;
  /** Something was announced to other endpoints, and is due. */
  announced: boolean;
}

/**
 * Writes verdicts, and what they say of the health of the endpoint; if it has moved meanwhile, they say nothing. When D1 does
 * not answer it is asked again after each of the waits.
 */
export async function settle(
  tools: SettleTools,
  task: DeliveryTask,
  target: string,
  verdicts: readonly Verdict[],
  waitsMs: readonly number[],
): Promise<Settled> {
  const settleNow = (some: readonly Verdict[]) => settleAgain(tools, task, target, some, waitsMs);
  const parts: Recorded[] = [];
  for (const some of inTransactions(verdicts)) {
    const settling = settleWithEffects(tools, task, some, settleNow);
    parts.push(await settling.catch((error) => settleSmall(error, some, settleNow)));
  }
  const { standing, rows, written, announced } = together(parts);
  const counted = standing.target === target ? written : [];
  const says = counted.flatMap(({ says }) => says ?? []);
  const tally = { attempts: says.length, failures: says.filter((one) => one === "failing").length };
  const { state, heldUntil, told } = await recordHealth(tools, task, standing, tally);
  const { due_at } = standing;
  const waits = state === "enabled" && due_at !== null;
  return {
    seqs: new Set(rows.filter(({ key_blocked }) => !key_blocked).map(({ seq }) => seq)),
    closed: state !== "enabled" || (heldUntil ?? 0) > tools.clock.now(),
    nextAt: waits ? readyAt({ ...standing, due_at, held_until: heldUntil }) : null,
    announced: announced || told,
  };
}

/** What is told goes to many: so much of it in one transaction, and the rest of the verdicts with the first. */
function inTransactions(verdicts: readonly Verdict[]): Verdict[][] {
  const telling = verdicts.filter(({ news }) => news);
  if (telling.length <= limits.newsPerSettling) return [[...verdicts]];
  const first = [...verdicts.filter(({ news }) => !news), ...telling.splice(0, limits.newsPerSettling)];
  const others: Verdict[][] = [];
  while (telling.length > 0) others.push(telling.splice(0, limits.newsPerSettling));
  return [first, ...others];
}

/**
 * A full database has no room for a row, and mostly takes what changes one: what needs no more than that goes on record by
 * itself, or it would be sent again for want of room for another's. The rest has failed.
 */
async function settleSmall(
  error: unknown,
  verdicts: readonly Verdict[],
  settleNow: (verdicts: readonly Verdict[]) => Promise<Recorded>,
): Promise<never> {
  const small = verdicts.filter(needsNoRow);
  const some = small.length > 0 && small.length < verdicts.length;
  if (some && faultOf(error) === "full") await settleNow(small);
  throw error;
}

/** But for what was delivered after it had failed: that is seldom, and not known here. */
function needsNoRow({ attempt, news, effects }: Verdict): boolean {
  return !news && !effects && (attempt === null || attempt.outcome === "delivered");
}

/** It can be sent again: the lease token lets it through once. */
async function settleAgain(
  tools: SettleTools,
  task: DeliveryTask,
  target: string,
  verdicts: readonly Verdict[],
  waitsMs: readonly number[],
): Promise<Recorded> {
  for (const waitMs of waitsMs) {
    try {
      return await settleOnce(tools, task, target, verdicts);
    } catch (error) {
      if (["rejected", "full"].includes(faultOf(error))) throw error;
      await tools.clock.sleep(waitMs);
    }
  }
  return settleOnce(tools, task, target, verdicts);
}

export interface Row {
  seq: number;
  key_blocked: 0 | 1;
}

/** What became of verdicts in D1. */
export interface Recorded {
  rows: Row[];
  /** Those whose lease still stood, as they were written: another than was meant where effects were refused. */
  written: Verdict[];
  standing: Standing;
  /** Messages were committed, and are due. */
  announced: boolean;
}

/** What became of several batches. */
export function together(parts: readonly Recorded[]): Recorded {
  return {
    rows: parts.flatMap(({ rows }) => rows),
    written: parts.flatMap(({ written }) => written),
    standing: (parts.at(-1) as Recorded).standing,
    announced: parts.some(({ announced }) => announced),
  };
}

/**
 * What handlers gave comes first, under a fence; what is told of a delivery is told while its lease stands; the settling
 * comes last.
 */
async function settleOnce(
  tools: SettleTools,
  task: DeliveryTask,
  target: string,
  verdicts: readonly Verdict[],
): Promise<Recorded> {
  const { db, clock } = tools;
  const news = verdicts.flatMap(({ news }) => news ?? []);
  const given = verdicts.flatMap(({ seq, effects }) =>
    effects ? [{ seq, insertion: effectStatements(db, effects.planned) }] : [],
  );
  const fence =
    given.length === 0
      ? []
      : [
          refuseIfLost(
            db,
            task,
            given.map(({ seq }) => seq),
          ),
        ];
  const bound = boundEffects(
    db,
    verdicts.flatMap(({ effects }) => (effects ? [effects.planned] : [])),
  );
  const effects = given.flatMap(({ insertion }) => insertion.statements);
  const [, giving = [], announcing = [], disabling = [], recording = []] = await inOneBatch(db, [
    [...fence, ...bound],
    effects,
    announce(db, task, news, whileLeased(task), clock.now()),
    disableIfGone(tools, task, target, verdicts),
    [insertAttempts(db, task, verdicts), settleLeased(db, task, verdicts), selectStanding(db, task)],
  ]);
  if (disabling.at(-1)?.results.length) logDisabled(tools, task, "gone");
  const committed = logGiven(tools, task, given, giving);
  const rows = (recording[1]?.results ?? []) as Row[];
  const settled = new Set(rows.map(({ seq }) => seq));
  return {
    rows,
    written: verdicts.filter(({ seq }) => settled.has(seq)),
    standing: recording[2]?.results[0] as Standing,
    announced:
      committed ||
      [announcing, disabling.slice(0, -1)].some((group) => (group.at(-1)?.results.length ?? 0) > 0),
  };
}

/** Tells of the messages that handlers gave to commit. Answers whether any goes anywhere. */
function logGiven(
  { log }: SettleTools,
  { tenantId: tenant }: DeliveryTask,
  given: readonly { seq: number; insertion: Insertion }[],
  results: readonly D1Result[],
): boolean {
  let from = 0;
  let deliveries = 0;
  for (const { seq: handled, insertion } of given) {
    const messages = insertion.read(results.slice(from, from + insertion.statements.length));
    from += insertion.statements.length;
    const count = messages.reduce((sum, message) => sum + message.deliveries, 0);
    deliveries += count;
    const [first] = messages;
    if (!first) continue;
    const { id: message, eventType } = first;
    log("message.committed", {
      tenant,
      message,
      eventType,
      messages: messages.length,
      deliveries: count,
      handled,
    });
  }
  return deliveries > 0;
}

function whileLeased({ leaseToken }: DeliveryTask): Guard {
  const sql = `EXISTS (
    SELECT 1 FROM outbox_deliveries d
    WHERE d.tenant_id = ?1 AND d.endpoint_id = ?4 AND d.lease_token = ?5 AND d.seq = a.value ->> 'seq')`;
  return { sql, param: leaseToken };
}

/** It says so by a 410. The others are told before, under the same condition. */
function disableIfGone(
  tools: SettleTools,
  task: DeliveryTask,
  target: string,
  verdicts: readonly Verdict[],
): Statement[] {
  const seqs = verdicts.filter(({ reason }) => reason === "gone").map(({ seq }) => seq);
  if (seqs.length === 0) return [];
  const now = tools.clock.now();
  const told = { leaseToken: task.leaseToken, seqs, target };
  const guard: Guard = { sql: isGone("?1", "?4", "?5"), param: JSON.stringify(told) };
  return [
    ...announceDisabled(tools, task, { reason: "gone", now }, guard),
    disableGone(tools.db, task, told, now),
  ];
}
