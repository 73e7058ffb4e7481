import {
  type Dispatch,
  INTERNAL,
  PLATFORM_LIMIT,
  type Reply,
  TIMEOUT,
  temporary,
} from "../channels/channel.ts";
import { readPayload } from "../db/payload.ts";
import { untilAnswered } from "../db/until-answered.ts";
import type { Leave } from "../domain/email-account.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../domain/ids.ts";
import { messageId } from "../domain/message-id.ts";
import { EXPIRED } from "../domain/states.ts";
import { isSuspect } from "../domain/suspicion.ts";
import { limits } from "../platform/limits.ts";
import { describeError } from "../platform/log.ts";
import { aloneIn } from "./alone.ts";
import { type BatchMember, batchKey, batchText, readBatch } from "./batch-members.ts";
import { type MemberRow, selectFit, selectMembers, storeBatch } from "./batch-statements.ts";
import { isExpired } from "./expired.ts";
import { isLate } from "./leave.ts";
import { attemptedVerdict, cancelledVerdict } from "./make-verdict.ts";
import { countBeginning } from "./read-task.ts";
import { type DeliveryTools, type Joining, makeRoom, mayBegin, mayQuery, type Tried } from "./task-run.ts";
import type { Verdict } from "./verdict.ts";

export type Ticket = Joining & PromiseWithResolvers<Tried>;

/** A request that is being made up. */
export interface Batch {
  tickets: Ticket[];
  /** Characters of their payloads. */
  length: number;
  /** Members of a request that was sent before, and must be repeated as it was; undefined: it is a new one. */
  repeats: string | undefined;
  /** Leave that another account has given. Undefined: it is to be asked for. */
  leave?: Leave;
}

/** Sends those that can still be sent in time; the others are given back. */
export async function sendBatch({ tickets, repeats }: Batch): Promise<void> {
  const [first] = tickets;
  if (!first) return;
  const { tools, run } = first;
  const { invocation } = run;
  if (!mayQuery(tools, invocation)) await makeRoom(invocation);
  const isInTime = ({ tools, run, row }: Ticket) =>
    mayBegin(run, tools.clock.now()) && !isLate(tools, row) && mayQuery(tools, invocation);
  const ready = keep(tickets, isInTime);
  if (ready.length === 0) return;
  if (repeats !== undefined) return repeat(repeats, ready);
  const left = endExpired(ready);
  if (left.length === 0) return;
  const stored = await store(tools, left);
  if (stored) await sendTogether(stored.text, stored.tickets, stored.tickets.map(dispatchOf));
}

/** Answers the tickets that pass, and gives the others back. */
function keep(tickets: readonly Ticket[], passes: (ticket: Ticket) => boolean): Ticket[] {
  const [passing, others] = [tickets.filter(passes), tickets.filter((ticket) => !passes(ticket))];
  for (const { resolve } of others) resolve(undefined);
  return passing;
}

/** Ends those that have expired while they waited, and answers the others. */
function endExpired(tickets: readonly Ticket[]): Ticket[] {
  return tickets.filter(({ tools, run, row, resolve }) => {
    const now = tools.clock.now();
    const isOver = isExpired({ row, endpoint: run.endpoint }, now);
    if (isOver) resolve(cancelledVerdict(row, EXPIRED, now));
    return !isOver;
  });
}

/** Sends each by itself: a failure of one is its own. `leave`: that of the first. */
export async function sendAlone(tickets: readonly Ticket[], leave?: Leave): Promise<void> {
  await Promise.all(
    tickets.map(({ tools, alone, resolve, reject }, place) =>
      alone(tools, place === 0 ? leave : undefined).then(resolve, reject),
    ),
  );
}

/**
 * Notes the members with each of them. A delivery that has lost its lease meanwhile, or has others on record, is no member, and
 * the rest is noted anew: a task may be carried out by two.
 */
async function store({ db, clock, channel }: DeliveryTools, tickets: Ticket[]) {
  const of = { at: clock.now(), account: channel.batch?.account ?? "" };
  for (let left = tickets; left.length > 0; ) {
    const members = left.map((ticket) => ({ ...memberOf(ticket), leaseToken: ticket.run.task.leaseToken }));
    const text = batchText({ ...of, members });
    const statements = [storeBatch(db, text, members), selectFit(db, text, members)];
    const [, fit] = await untilAnswered(clock, () => db.batch(statements));
    const rows = (fit?.results ?? []) as { tenant_id: string; seq: number }[];
    const ids = new Set(rows.map(({ tenant_id, seq }) => `${tenant_id} ${seq}`));
    const before = left.length;
    left = keep(left, ({ run, row }) => ids.has(`${run.task.tenantId} ${row.seq}`));
    if (left.length === before) {
      const placeOf = placesIn(text);
      return { text, tickets: left.toSorted((one, other) => placeOf(one) - placeOf(other)) };
    }
  }
  return undefined;
}

/**
 * Repeats a request as it was, for as long as its account recognizes it and all of its messages are there: later, or in another
 * account, it would be sent to all of its members again, and each of the rest goes by itself.
 */
async function repeat(text: string, tickets: Ticket[]): Promise<void> {
  const { db, clock, channel, timeoutMs } = (tickets[0] as Ticket).tools;
  const { at, account, members } = readBatch(text);
  const isKnownUntil = at + (channel.batch?.repeatsForMs ?? 0) - 2 * timeoutMs;
  if (clock.now() >= isKnownUntil || account !== channel.batch?.account) return sendAlone(tickets);
  const [read] = await untilAnswered(clock, () => db.batch([selectMembers(db, members)]));
  const rows = (read?.results ?? []) as MemberRow[];
  // A message of it is purged.
  if (rows.length < members.length) return sendAlone(tickets);
  const dispatches = rows.map((row, place) =>
    dispatchFrom({ ...row, payload: readPayload(row.payload) }, members[place] as BatchMember, clock.now()),
  );
  const begun: Ticket[] = [];
  for (const ticket of tickets) {
    const { tools, run, row } = ticket;
    const mayBegin = !isSuspect(run.task.starts ?? 0) || (await countBeginning(tools, run.task, row));
    if (mayBegin) begun.push(ticket);
    else ticket.resolve(undefined);
  }
  if (begun.length > 0) await sendTogether(text, begun, dispatches);
}

/** Sends one request, and judges for each of the tickets, which may be fewer than its members. */
async function sendTogether(text: string, tickets: Ticket[], dispatches: readonly Dispatch[]): Promise<void> {
  const { tools, run } = tickets[0] as Ticket;
  const { clock } = tools;
  const { invocation } = run;
  const placeOf = placesIn(text);
  const group = { text };
  const runs = new Set(tickets.map(({ run }) => run));
  await invocation.slots
    .run(group, async () => {
      const startedAt = clock.now();
      const ends = [...runs].map(({ observer }) => observer.begin(startedAt));
      invocation.underWay++;
      invocation.movedAt = startedAt;
      const replies = await deliver(tools, dispatches, batchKey(text));
      const endedAt = clock.now();
      invocation.underWay--;
      invocation.movedAt = endedAt;
      for (const end of ends) end(endedAt);
      const held = invocation.attempts > 0 && replies.every((reply) => errorOf(reply) === PLATFORM_LIMIT);
      if (held) invocation.exhausted = true;
      else invocation.attempts++;
      for (const ticket of tickets) {
        const reply = replies[placeOf(ticket)];
        ticket.resolve(held || !reply ? undefined : verdictOn(ticket, text, { reply, startedAt, endedAt }));
      }
    })
    .finally(() => invocation.slots.leave(group));
}

/** Never throws. */
async function deliver(
  { channel, clock, timeoutMs }: DeliveryTools,
  dispatches: readonly Dispatch[],
  key: string,
): Promise<Reply[]> {
  try {
    return (await channel.batch?.deliver(dispatches, key, clock.timeout(timeoutMs))) ?? [];
  } catch (error) {
    const excerpt = describeError(error).slice(0, limits.errorLength);
    return dispatches.map(() => temporary(INTERNAL, { excerpt }));
  }
}

function verdictOn(
  { tools, run, row }: Ticket,
  text: string,
  attempted: { reply: Reply; startedAt: number; endedAt: number },
): Verdict {
  const { reply } = attempted;
  run.tried++;
  if (errorOf(reply) === TIMEOUT || reply.httpStatus === TOO_MANY_REQUESTS) run.observer.brake();
  // The request has all recipients, as it had them at first.
  const { suppressed: _, ...whole } = row;
  const subject = { row: whole, endpoint: run.endpoint, retrySchedule: tools.retrySchedule };
  return attemptedVerdict(
    subject,
    { ...attempted, request: text, alone: aloneIn(tools.channel) },
    tools.random,
  );
}

const TOO_MANY_REQUESTS = 429;

function errorOf(reply: Reply): string | undefined {
  return reply.kind === "accepted" ? undefined : reply.error;
}

function memberOf({ run, row }: Ticket): BatchMember {
  return { tenantId: run.task.tenantId, seq: row.seq, resends: row.resends };
}

/** Place of a ticket among the members of a request. */
function placesIn(text: string): (ticket: Ticket) => number {
  const { members } = readBatch(text);
  const places = new Map(members.map(({ tenantId, seq }, place) => [`${tenantId} ${seq}`, place]));
  return ({ run, row }) => places.get(`${run.task.tenantId} ${row.seq}`) ?? -1;
}

function dispatchOf(ticket: Ticket): Dispatch {
  const { tools, run, row } = ticket;
  return dispatchFrom({ ...row, tenant_id: run.task.tenantId }, memberOf(ticket), tools.clock.now());
}

/** Order of an e-mail that is written from its message alone, and so identical at every repetition. */
function dispatchFrom(row: MemberRow, { tenantId, resends }: BatchMember, sentAt: number): Dispatch {
  return {
    messageId: messageId(row),
    sequence: row.seq,
    tenantId,
    eventType: "email",
    orderingKey: null,
    committedAt: row.committed_at,
    attempt: 1,
    resends,
    payload: row.payload,
    traceparent: null,
    tracestate: null,
    endpoint: {
      id: DIRECT_EMAIL_ENDPOINT,
      target: "",
      payloadFormat: "standard",
      headers: null,
      secretHeaders: null,
      secrets: [],
    },
    sentAt,
  };
}
