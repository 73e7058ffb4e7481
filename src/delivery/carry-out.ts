import { PLATFORM_LIMIT, TIMEOUT } from "../channels/channel.ts";
import type { Leave } from "../domain/email-account.ts";
import { readDoubt } from "../domain/email-doubt.ts";
import { SUPPRESSED, UNCERTAIN } from "../domain/email-status.ts";
import { intoLanes } from "../domain/lanes.ts";
import { EXPIRED, UNSUBSCRIBED } from "../domain/states.ts";
import { isPoison, isSuspect } from "../domain/suspicion.ts";
import { limits } from "../platform/limits.ts";
import { describeError } from "../platform/log.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import { attempt } from "./attempt.ts";
import { endInDoubt, endPoisoned, endSuppressed } from "./end-unsent.ts";
import { isExpired } from "./expired.ts";
import { doubtOf, isHeldInDoubt, isUnderWay, repeatableUntil, UNSENT_MARK } from "./hold.ts";
import { askForLeave, isLate } from "./leave.ts";
import { Ledger } from "./ledger.ts";
import { cancelledVerdict, putOffVerdict, untriedVerdict } from "./make-verdict.ts";
import { mayJoin, unshared } from "./may-join.ts";
import { Observer } from "./observer.ts";
import { openSecrets } from "./open-secrets.ts";
import { bind, boundTools, withoutFailure } from "./pool.ts";
import { countBeginning, readTask } from "./read-task.ts";
import type { EndpointRow, LeasedRow } from "./rows.ts";
import { settleInTime } from "./settle-in-time.ts";
import {
  type DeliveryTools,
  type Invocation,
  makeRoom,
  mayBegin,
  mayQuery,
  observationOf,
  queriesOf,
  requestsOf,
  type TaskRun,
  type Tried,
} from "./task-run.ts";
import type { Verdict } from "./verdict.ts";

const TOO_MANY_REQUESTS = 429;

/**
 * Carries out one task: the lanes side by side, each lane in sequence. Every delivery that still carries the task's
 * lease is either tried and settled, or given back.
 *
 * `waitedMs`: time for which it waited in its queue; undefined when it was handed out before.
 *
 * Throws only before anything was sent, when repeating the task does no harm. Outcomes that could not be written are
 * left to the lease: it ends later, and less often, than a task is repeated.
 */
export async function carryOut(
  tools: DeliveryTools,
  invocation: Invocation,
  task: DeliveryTask,
  waitedMs: number | undefined,
): Promise<void> {
  const startedAt = tools.clock.now();
  const arrive = requestsOf(invocation, tools.channel)?.expect() ?? (() => {});
  try {
    return await carryOutExpected(tools, invocation, task, { waitedMs, startedAt, arrive });
  } finally {
    arrive();
  }
}

/** `arrive`: says that its deliveries have asked for their requests. */
async function carryOutExpected(
  tools: DeliveryTools,
  invocation: Invocation,
  task: DeliveryTask,
  { waitedMs, startedAt, arrive }: { waitedMs: number | undefined; startedAt: number; arrive: () => void },
): Promise<void> {
  invocation.reading++;
  const read = await readTask(tools, task, waitedMs === undefined).finally(() => invocation.reading--);
  if (!read) return logDone(tools, task, startedAt, { leased: 0, tried: 0 });
  const { endpoint, rows: leased, begun } = read;
  const rows = begun ? [] : leased;
  const secrets = await openSecrets(tools, task, endpoint, startedAt);
  const ledger = new Ledger((verdicts) => settleInTime(tools, run, verdicts), tools.clock);
  const mayCall = mayCallNow(endpoint, rows.length, startedAt);
  const leaseEndsAt = Math.max(...rows.map(({ due_at }) => due_at));
  const bySeq = new Map(rows.map((row) => [row.seq, row]));
  const base = { task, endpoint, secrets, invocation, rows: bySeq, ledger, mayCall, leaseEndsAt };
  const run: TaskRun = { ...base, tried: 0, observer: new Observer(waitedMs), wokenAt: startedAt };

  invocation.ledgers.add(ledger);
  const begunLanes = intoLanes(rows).map((lane) => carryLane(tools, run, lane));
  arrive();
  const lanes = await Promise.allSettled(begunLanes);
  const written = await Promise.allSettled([ledger.finish()]);
  invocation.ledgers.delete(ledger);
  const failed = [...lanes, ...written].find((result) => result.status === "rejected");
  if (failed && run.tried === 0) throw failed.reason;

  const wakesAt = task.tell ? tools.clock.now() : ledger.nextAt;
  if (wakesAt !== null) tools.wake(task.tenantId, wakesAt, observationOf(tools, run, true));
  logDone(tools, task, startedAt, {
    leased: leased.length,
    ...(begun && { begun }),
    tried: run.tried,
    ...(failed && { error: describeError(failed.reason) }),
  });
}

function logDone(
  { log, channelName: channel, clock }: DeliveryTools,
  { tenantId: tenant, endpointId: endpoint, seqs }: DeliveryTask,
  startedAt: number,
  done: { leased: number; begun?: boolean; tried: number; error?: string },
): void {
  const event = done.error === undefined ? "delivery.task_done" : "delivery.task_failed";
  const durationMs = clock.now() - startedAt;
  log(event, { tenant, endpoint, channel, deliveries: seqs.length, ...done, durationMs });
}

/** A half-open breaker lets one delivery pass at a time, and may just have done so: clocks differ. */
function mayCallNow({ state, held_until }: EndpointRow, deliveries: number, now: number): boolean {
  if (state !== "enabled") return false;
  return held_until === null || (held_until <= now + limits.clockSkewMs && deliveries <= 1);
}

/**
 * Sends one delivery after another. Each is sent only when the previous one is settled on record, so that a receiver
 * never sees a later one first, even if this process dies in between. A failure ends the lane.
 */
async function carryLane(tools: DeliveryTools, run: TaskRun, lane: readonly LeasedRow[]): Promise<void> {
  for (const [position, row] of lane.entries()) {
    const rest = lane.slice(position + 1);
    if (row.blocked) return giveBack(tools, run, [row, ...rest]);
    const verdict = await carryOne(tools, run, row);
    if (verdict === null) return;
    if (verdict === undefined) return giveBack(tools, run, [row, ...rest]);
    if (verdict.reason === "gone") run.mayCall = false;
    if (rest.length === 0) return run.ledger.recordLater([verdict]);
    if (verdict.dueAt !== null)
      return run.ledger.recordLater([verdict, ...rest.map((row) => untried(tools, run, row))]);
    const recorded = run.ledger.record([verdict]);
    recordIfIdle(run);
    const settled = await recorded;
    if (!settled.seqs.has(row.seq)) return giveBack(tools, run, rest);
  }
}

async function carryOne(tools: DeliveryTools, run: TaskRun, row: LeasedRow): Promise<Tried> {
  const bound = boundTools(tools, row);
  const alone = (through: DeliveryTools, leave?: Leave) =>
    inSlot(run, () => tryInTime(through, run, row, leave));
  const requests = mayJoin(bound, run, row) ? requestsOf(run.invocation, bound.channel) : undefined;
  const verdict = await (requests?.join({ tools: bound, run, row, alone }) ?? alone(bound));
  return verdict && withoutFailure(bound, verdict);
}

function inSlot(run: TaskRun, send: () => Promise<Tried>): Promise<Tried> {
  return run.invocation.slots.run(run.task, () => {
    recordIfIdle(run);
    return send();
  });
}

/**
 * Lanes that wait for the record of an outcome wait together, as long as others have something to send meanwhile: one batch of
 * D1 serves a step of all lanes.
 */
function recordIfIdle(run: TaskRun): void {
  if (!run.invocation.slots.isAwaited(run.task)) run.ledger.writeAwaited();
}

/** Makes an attempt if it can end, and be recorded, within the lease and within the time and queries of the invocation. */
async function tryInTime(tools: DeliveryTools, run: TaskRun, row: LeasedRow, leave?: Leave): Promise<Tried> {
  if (!mayQuery(tools, run.invocation)) await makeRoom(run.invocation);
  if (!mayBegin(run, tools.clock.now()) || isLate(tools, row)) return undefined;
  if (!mayQuery(tools, run.invocation)) return undefined;
  if (tools.channelName === "handler") run.invocation.queriesLeft -= limits.d1QueriesPerHandler;
  const over = endIfOver(tools, run, row);
  if (over !== undefined) return over;
  if (row.suppressed === SUPPRESSED) return endSuppressed(tools, run, row);
  return tools.channel.admit ? tryWithLeave(tools, run, row, leave) : tryNow(tools, run, row);
}

/** Waits for the turn of a delivery whose channel has a shared account; puts it off if that is far away. */
async function tryWithLeave(tools: DeliveryTools, run: TaskRun, row: LeasedRow, given?: Leave) {
  const { leave, tools: through } = given ? { leave: given, tools } : await askForLeave(tools, run, row);
  if ("askAt" in leave) {
    const putOff = putOffVerdict({ row, endpoint: run.endpoint }, leave, tools.clock.now());
    return unshared(tools, run, row, putOff);
  }
  if (leave.waitMs > 0) await tools.clock.sleep(leave.waitMs);
  if (!mayBegin(run, tools.clock.now()) || isLate(tools, row)) return undefined;
  const over = endIfOver(tools, run, row);
  if (over !== undefined) return over;
  if (!(await mayTry(through, run, row))) return undefined;
  if (!isHeldInDoubt(row, run.endpoint)) return tryBound(through, run, row);
  const known = readDoubt(row.batch) && row.batch;
  const tried = await tryBound(through, run, { ...row, doubt: known || doubtOf(through, row) });
  if (tried !== undefined || known) return tried;
  // Nothing was sent, which the next consumer is to know.
  return { ...untriedVerdict(row, false, tools.clock.now()), batch: UNSENT_MARK };
}

/** Sends it, if it may be on record as sent in time: whoever looks at it later counts on that. */
async function tryBound(tools: DeliveryTools, run: TaskRun, row: LeasedRow): Promise<Tried> {
  run.invocation.queriesLeft -= tools.channel.pool || row.doubt ? 1 : 0;
  if (!(await bind(tools, run.task, row))) return null;
  return isLate(tools, row) ? undefined : send(tools, run, row);
}

/**
 * Ends a delivery that is not to be sent: it has killed its consumers, or is an e-mail that has expired, or whose recipient has
 * unsubscribed; or one that is held in doubt and may have been taken, unless its account drops a repetition. Undefined: it is
 * to be sent. Null: another consumer is sending it.
 */
function endIfOver(tools: DeliveryTools, run: TaskRun, row: LeasedRow): Tried {
  const now = tools.clock.now();
  const hasExpired = isExpired({ row, endpoint: run.endpoint }, now);
  const isKilling = isPoison(row.starts);
  if (readDoubt(row.batch)) {
    const until = repeatableUntil(tools, row) ?? 0;
    if (now < until && !hasExpired && !isKilling) return undefined;
    return isUnderWay(row) ? null : endInDoubt(tools, run, row);
  }
  if (isKilling) return unshared(tools, run, row, endPoisoned(tools, run, row));
  if (!hasExpired && row.suppressed !== UNSUBSCRIBED) return undefined;
  return unshared(tools, run, row, cancelledVerdict(row, hasExpired ? EXPIRED : UNSUBSCRIBED, now));
}

async function tryNow(tools: DeliveryTools, run: TaskRun, row: LeasedRow): Promise<Verdict | undefined> {
  return (await mayTry(tools, run, row)) ? send(tools, run, row) : undefined;
}

/** Counts the beginning of an attempt at a suspect. False: its lease is lost. */
async function mayTry(tools: DeliveryTools, run: TaskRun, row: LeasedRow): Promise<boolean> {
  return !isSuspect(run.task.starts ?? 0) || countBeginning(tools, run.task, row);
}

async function send(tools: DeliveryTools, run: TaskRun, row: LeasedRow): Promise<Verdict | undefined> {
  run.tried++;
  const verdict = await timed(tools, run, () => attempt(tools, run, row));
  if (isHeldBack(tools, run, verdict)) return undefined;
  run.invocation.queriesLeft -= queriesOf(verdict);
  return verdict;
}

async function timed(
  { clock }: DeliveryTools,
  { invocation, observer }: TaskRun,
  make: () => Promise<Verdict>,
): Promise<Verdict> {
  const end = observer.begin(clock.now());
  invocation.underWay++;
  invocation.movedAt = clock.now();
  const verdict = await make();
  invocation.underWay--;
  invocation.movedAt = clock.now();
  end(clock.now());
  const { error, httpStatus } = verdict.attempt ?? {};
  const isUnanswered = error === TIMEOUT || (error === UNCERTAIN && httpStatus === null);
  if (isUnanswered || httpStatus === TOO_MANY_REQUESTS) observer.brake();
  return verdict;
}

/**
 * True if the platform refused an attempt that another invocation may make. An invocation that could make no attempt at
 * all records a failure, or deliveries would circulate for ever; so does a handler's attempt, which may have had
 * effects.
 */
function isHeldBack({ channelName }: DeliveryTools, run: TaskRun, { attempt, reason }: Verdict): boolean {
  const { invocation } = run;
  if (attempt?.error !== PLATFORM_LIMIT || reason === UNCERTAIN) invocation.attempts++;
  else if (channelName !== "handler" && invocation.attempts > 0) {
    invocation.exhausted = true;
    run.tried--;
    return true;
  }
  return false;
}

function giveBack(tools: DeliveryTools, run: TaskRun, rows: readonly LeasedRow[]): void {
  const late = rows.some((row) => run.mayCall && isLate(tools, row));
  if (rows.length > 0) run.ledger.recordLater(rows.map((row) => untried(tools, run, row, late)));
}

function untried(tools: DeliveryTools, run: TaskRun, row: LeasedRow, late = false): Verdict {
  return unshared(tools, run, row, untriedVerdict(row, late, tools.clock.now()));
}
