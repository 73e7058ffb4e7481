import { type Database, faultOf, inOneBatch, type Statement } from "../db/database.ts";
import { readyAt } from "../domain/pace.ts";
import { announce, type Guard } from "../outbox/announce.ts";
import type { Clock, Random } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import type { Log } from "../platform/log.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import { announceDisabled, logDisabled, recordHealth } from "./record-health.ts";
import {
  disableGone,
  insertAttempts,
  type Standing,
  selectStanding,
  settleLeased,
  type Verdict,
} from "./statements.ts";

export interface SettleTools {
  db: Database;
  clock: Clock;
  random: Random;
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

/** Writes verdicts, and what they say of the health of the endpoint; if it has moved meanwhile, they say nothing. */
export async function settle(
  tools: SettleTools,
  task: DeliveryTask,
  target: string,
  verdicts: readonly Verdict[],
): Promise<Settled> {
  const { standing, rows, announced } = await settleStubbornly(tools, task, target, verdicts);
  const written = new Set(rows.map(({ seq }) => seq));
  const counted = verdicts.filter(({ seq }) => written.has(seq) && standing.target === target);
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

/** When D1 does not answer it is sent again: the lease token lets it through once. */
async function settleStubbornly(
  tools: SettleTools,
  task: DeliveryTask,
  target: string,
  verdicts: readonly Verdict[],
) {
  for (const waitMs of limits.settleBackoffMs) {
    try {
      return await settleOnce(tools, task, target, verdicts);
    } catch (error) {
      if (faultOf(error) === "rejected") throw error;
      await tools.clock.sleep(waitMs);
    }
  }
  return settleOnce(tools, task, target, verdicts);
}

interface Row {
  seq: number;
  key_blocked: 0 | 1;
}

/** What is told of a delivery is told while its lease stands: the announcements come before the settling. */
async function settleOnce(
  tools: SettleTools,
  task: DeliveryTask,
  target: string,
  verdicts: readonly Verdict[],
) {
  const { db, clock } = tools;
  const news = verdicts.flatMap(({ news }) => news ?? []);
  const [announcing = [], disabling = [], recording = []] = await inOneBatch(db, [
    announce(db, task, news, whileLeased(task), clock.now()),
    disableIfGone(tools, task, target, verdicts),
    [insertAttempts(db, task, verdicts), settleLeased(db, task, verdicts), selectStanding(db, task)],
  ]);
  if (disabling[0]?.results.length) logDisabled(tools, task, "gone");
  return {
    rows: (recording[1]?.results ?? []) as Row[],
    standing: recording[2]?.results[0] as Standing,
    announced: [announcing, disabling.slice(1)].some((group) => group.at(-1)?.results.length),
  };
}

function whileLeased({ leaseToken }: DeliveryTask): Guard {
  const sql = `EXISTS (
    SELECT 1 FROM outbox_deliveries d
    WHERE d.tenant_id = ?1 AND d.endpoint_id = ?4 AND d.lease_token = ?5 AND d.seq = a.value ->> 'seq')`;
  return { sql, param: leaseToken };
}

/** It says so by a 410. */
function disableIfGone(
  tools: SettleTools,
  task: DeliveryTask,
  target: string,
  verdicts: readonly Verdict[],
): Statement[] {
  const told = verdicts.filter(({ reason }) => reason === "gone").map(({ seq }) => seq);
  if (told.length === 0) return [];
  const now = tools.clock.now();
  return [
    disableGone(tools.db, task, told, target, now),
    ...announceDisabled(tools, task, { reason: "gone", now }),
  ];
}
