import { type Database, faultOf, inOneBatch, type Statement } from "../db/database.ts";
import { announce } from "../outbox/announce.ts";
import { boundEffects, effectStatements, type PlannedEffects } from "../outbox/effects.ts";
import type { Insertion } from "../outbox/insert-messages.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import { countOutcomes } from "./count-outcomes.ts";
import { type DisableTools, disable } from "./disable.ts";
import { selectEndpointHealth } from "./health-statements.ts";
import type { EndpointHealthRow, EndpointRow, LeasedRow, SettledRow } from "./rows.ts";
import { insertAttempts, refuseIfLost, settleLeased } from "./statements.ts";
import { recordSuppressed } from "./suppressed-statements.ts";
import type { Verdict } from "./verdict.ts";

export interface WriteTools extends DisableTools {
  clock: Clock;
}

/** Task of the verdicts to write. */
export interface Settling {
  task: DeliveryTask;
  /** Endpoint that was called. One that has moved since is not judged by answers of its old target. */
  endpoint: EndpointRow;
  /** Deliveries of the task, by sequence number. */
  rows: ReadonlyMap<number, LeasedRow>;
  /** Wait before each repetition of a batch that D1 does not answer. */
  waitsMs: readonly number[];
  /**
   * True: the outcomes are left out of the sums, and suppressed recipients off the trace, for which a full database has no room.
   * Defaults to false.
   */
  uncounted?: boolean;
}

/** Answer of D1 to verdicts. */
export interface Written {
  rows: SettledRow[];
  /** Verdicts on those rows, with a different one where effects were refused. */
  verdicts: Verdict[];
  /** The endpoint after the batch. */
  current: EndpointHealthRow;
  /** Tenants with messages that were committed, and are due. */
  announcedTo: readonly string[];
}

/** Writes verdicts in one batch, and repeats it when D1 does not answer: the lease token admits it once. */
export async function writeVerdicts(
  tools: WriteTools,
  settling: Settling,
  verdicts: readonly Verdict[],
): Promise<Written> {
  for (const waitMs of settling.waitsMs) {
    try {
      return await writeOnce(tools, settling, verdicts);
    } catch (error) {
      if (["rejected", "full"].includes(faultOf(error))) throw error;
      await tools.clock.sleep(waitMs);
    }
  }
  return writeOnce(tools, settling, verdicts);
}

/** Effects of a handler, as statements. */
interface Given {
  seq: number;
  planned: PlannedEffects;
  insertion: Insertion;
}

/**
 * Effects come first, under a fence; then the announcements, which need the lease; the settling, which ends the lease,
 * comes last.
 */
async function writeOnce(
  tools: WriteTools,
  settling: Settling,
  verdicts: readonly Verdict[],
): Promise<Written> {
  const { db, clock, log } = tools;
  const { task } = settling;
  const given = verdicts.flatMap(({ seq, effects }): Given[] =>
    effects ? [{ seq, planned: effects.planned, insertion: effectStatements(db, effects.planned) }] : [],
  );
  const planned = given.map(({ planned }) => planned);
  const announced = announceOf(tools, task, verdicts);
  const disabling = disableIfGone(tools, settling, verdicts);
  const [, effects = [], told = [], gone = [], , , [settled, health] = []] = await inOneBatch(db, [
    [...fenceEffects(db, task, given), ...boundEffects(db, planned)],
    given.flatMap(({ insertion }) => insertion.statements),
    announced.statements,
    disabling?.statements ?? [],
    settling.uncounted ? [] : [countOutcomes(db, task, verdicts, clock.now())],
    [
      ...(needRows(settling, verdicts) ? [insertAttempts(db, task, verdicts)] : []),
      ...(!settling.uncounted && verdicts.some(({ suppressed }) => suppressed)
        ? [recordSuppressed(db, task, verdicts, clock.now())]
        : []),
    ],
    [settleLeased(db, task, verdicts), selectEndpointHealth(db, task, clock.now())],
  ]);
  const committed = readGiven(log, task, given, effects);
  const rows = (settled?.results ?? []) as SettledRow[];
  const seqs = new Set(rows.map(({ seq }) => seq));
  return {
    rows,
    verdicts: verdicts.filter(({ seq }) => seqs.has(seq)),
    current: health?.results[0] as EndpointHealthRow,
    announcedTo: [...committed, ...announced.read(told), ...(disabling?.read(gone) ?? [])],
  };
}

/** False if each attempt is a first one that delivered: while the lease stands, nobody else counts attempts. */
function needRows({ rows }: Settling, verdicts: readonly Verdict[]): boolean {
  const isFirst = ({ seq, attempt }: Verdict) =>
    attempt?.outcome === "delivered" && rows.get(seq)?.attempts === 0;
  return verdicts.some((verdict) => verdict.attempt !== null && !isFirst(verdict));
}

function fenceEffects(db: Database, task: DeliveryTask, given: readonly Given[]): Statement[] {
  if (given.length === 0) return [];
  const seqs = given.map(({ seq }) => seq);
  return [refuseIfLost(db, task, seqs)];
}

function announceOf(tools: WriteTools, task: DeliveryTask, verdicts: readonly Verdict[]) {
  const { leaseToken } = task;
  return announce(tools, {
    announcements: verdicts.flatMap(({ announcement }) => announcement ?? []),
    guard: { kind: "leased", leaseToken },
    endpoint: task,
    now: tools.clock.now(),
  });
}

function disableIfGone(tools: WriteTools, { task, endpoint }: Settling, verdicts: readonly Verdict[]) {
  const seqs = verdicts.filter(({ reason }) => reason === "gone").map(({ seq }) => seq);
  if (seqs.length === 0) return undefined;
  const { leaseToken } = task;
  const disabling = { kind: "gone", leaseToken, seqs, target: endpoint.target } as const;
  return disable(tools, { task, endpoint, disabling, failure: null }, tools.clock.now());
}

/** Reads and logs the messages that handlers returned. Answers their tenant, if any has a delivery. */
function readGiven(
  log: Log,
  { tenantId: tenant }: DeliveryTask,
  given: readonly Given[],
  results: readonly D1Result[],
): string[] {
  let from = 0;
  let deliveries = 0;
  for (const { seq: handled, insertion } of given) {
    const { messages } = insertion.read(results.slice(from, from + insertion.statements.length));
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
  return deliveries > 0 ? [tenant] : [];
}

/** Sums up several batches of one task. */
export function together(parts: readonly Written[]): Written {
  return {
    rows: parts.flatMap(({ rows }) => rows),
    verdicts: parts.flatMap(({ verdicts }) => verdicts),
    current: (parts.at(-1) as Written).current,
    announcedTo: parts.flatMap(({ announcedTo }) => announcedTo),
  };
}
