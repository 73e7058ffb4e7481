import type { Database } from "../db/database.ts";
import { isSuspect } from "../domain/suspicion.ts";
import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import { within } from "../platform/within.ts";
import { isDeliveryTask, isForeignTask } from "../relay/delivery-task.ts";
import { carryOut } from "./carry-out.ts";
import { Slots } from "./slots.ts";
import type { ConsumerTools, DeliveryTools, Invocation } from "./task-run.ts";

/** The part of Cloudflare's queue message that the consumer needs. */
export interface QueueItem {
  readonly body: unknown;
  /** Number of times it was handed out, this time included. */
  readonly attempts: number;
  /** Instant at which it was sent. */
  readonly timestamp: Date;
  ack(): void;
  retry(options?: { delaySeconds?: number }): void;
}

/**
 * Carries out the tasks of a queue batch side by side, then the suspects one by one, so that a task that kills this
 * process is certainly found. Only this function acknowledges an item, or asks for it again. Never throws: an item
 * handed out twice costs a look at D1, a batch handed out twice five.
 *
 * Returns when all is through, or as soon as it only waits for receivers that do not answer: others in the queue are not to wait
 * for them, too. Its tasks go on meanwhile; when no more of them may begin, the rest is given back. Leases look after all.
 */
export async function consume(tools: ConsumerTools, items: readonly QueueItem[]): Promise<void> {
  const { clock, keepAlive, timeoutMs } = tools;
  const invocation = beginInvocation(clock.now());
  const open: OpenItems = new Map(items.map((item) => [item, { isBegun: false }]));
  const work = consumeAll(tools, invocation, items, open);
  // The platform lets an attempt and its record go on for so long; one that may last longer is waited for.
  const goesOnMs = limits.waitUntilMs - timeoutMs - limits.settleMarginSeconds * 1000;
  if (goesOnMs < limits.stallMs) return work;
  const stall = watchForStall(clock, invocation);
  await Promise.race([work, stall.promise]);
  stall.cancel();
  if (open.size === 0) return;
  invocation.beginsUntil = Math.min(invocation.beginsUntil, clock.now() + goesOnMs);
  handIn(open);
  clock.after(invocation.beginsUntil - clock.now(), () => invocation.slots.open());
  keepAlive(work);
}

function beginInvocation(now: number): Invocation {
  return {
    slots: new Slots(limits.concurrentSends),
    batches: undefined,
    beginsUntil: now + limits.invocationBeginsMs,
    endsAt: now + limits.invocationMs,
    queriesLeft: limits.d1QueriesPerInvocation,
    attempts: 0,
    reading: 0,
    underWay: 0,
    movedAt: now,
    exhausted: false,
    ledgers: new Set(),
  };
}

/** Items that are not answered for, and whether their tasks were begun. */
type OpenItems = Map<QueueItem, { isBegun: boolean }>;

/** Takes each item out of `open` when it is answered for. */
async function consumeAll(
  tools: ConsumerTools,
  invocation: Invocation,
  items: readonly QueueItem[],
  open: OpenItems,
): Promise<void> {
  const suspects = items.filter(holdsSuspect);
  const others = items.filter((item) => !holdsSuspect(item));
  const consumeOne = async (item: QueueItem) => {
    open.set(item, { isBegun: true });
    const answer = await consumeItem(tools, invocation, item);
    if (open.delete(item)) answer();
  };
  await Promise.all(others.map(consumeOne));
  for (const item of suspects) if (open.has(item)) await consumeOne(item);
}

/**
 * Resolves when attempts are under way, and none was begun or has ended for a while. Never while a task is being read: of that
 * nothing was sent, and it is handed out again if D1 fails.
 */
function watchForStall(clock: Clock, invocation: Invocation) {
  const { promise, resolve } = Promise.withResolvers<void>();
  let cancel = () => {};
  const look = () => {
    const restMs = invocation.movedAt + limits.stallMs - clock.now();
    if (invocation.underWay > 0 && invocation.reading === 0 && restMs <= 0) return resolve();
    cancel = clock.after(restMs > 0 ? restMs : limits.stallMs, look);
  };
  look();
  return { promise, cancel: () => cancel() };
}

/** Answers for all items: a suspect whose turn has not come is handed out again. */
function handIn(open: OpenItems): void {
  for (const [item, { isBegun }] of open) {
    if (isBegun) item.ack();
    else item.retry();
  }
  open.clear();
}

function holdsSuspect({ body }: QueueItem): boolean {
  return isDeliveryTask(body) && isSuspect(body.starts ?? 0);
}

/** Carries out the task of an item, and answers how to answer for it. */
async function consumeItem(
  tools: ConsumerTools,
  invocation: Invocation,
  item: QueueItem,
): Promise<() => void> {
  const task = item.body;
  if (!isDeliveryTask(task)) return rejection(tools.log, item);
  invocation.slots.expect(task, task.sends);
  try {
    const wasHandedOut = item.attempts > 1;
    const waitedMs = tools.clock.now() - item.timestamp.getTime();
    const ofTenant = { ...tools, channel: tools.channelOf(task.tenantId) };
    await carryOut(metered(ofTenant, invocation), invocation, task, wasHandedOut ? undefined : waitedMs);
    return () => item.ack();
  } catch (error) {
    const { tenantId: tenant, endpointId: endpoint } = task;
    tools.log("delivery.task_failed", { tenant, endpoint, error: describeError(error) });
    return () => item.retry({ delaySeconds: limits.taskRetrySeconds });
  } finally {
    invocation.slots.leave(task);
  }
}

/** Hands a task of another version back, for a Worker that knows it. If none takes it, its lease ends. */
function rejection(log: Log, item: QueueItem): () => void {
  const isForeign = isForeignTask(item.body);
  log("delivery.task_rejected", { body: typeof item.body, again: isForeign });
  return () => (isForeign ? item.retry({ delaySeconds: limits.taskRetrySeconds }) : item.ack());
}

/** Counts every query against D1's limit for an invocation, and ends the wait for a D1 that does not answer. */
function metered(tools: DeliveryTools, invocation: Invocation): DeliveryTools {
  const { db, clock } = tools;
  const batch: Database["batch"] = (statements) => {
    invocation.queriesLeft -= statements.length;
    return within(clock, limits.d1AnswerMs, db.batch(statements));
  };
  return { ...tools, db: { prepare: (query) => db.prepare(query), batch } };
}
