import * as z from "zod";
import { type Database, faultOf } from "../db/database.ts";
import { writeStatements } from "../db/writes.ts";
import { NO_HANDLERS } from "../domain/handlers.ts";
import { parseTraceContext, traceIdOf } from "../domain/trace-context.ts";
import { checked } from "../platform/check.ts";
import type { Clock, Random } from "../platform/clock.ts";
import { OutboxError } from "../platform/errors.ts";
import { leftOut } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";
import type { Log } from "../platform/log.ts";
import { type Meter, sharedThread } from "../platform/meter.ts";
import { readAdmission } from "./admission.ts";
import { mayMakeMany, refuseTooManyNamed } from "./bound-deliveries.ts";
import { misfitsOf, typesOf } from "./check-payloads.ts";
import { refuseUnknownWork } from "./check-work.ts";
import { type HandOver, newCommitLease } from "./commit-lease.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { gatherEmails } from "./gather-emails.ts";
import { handOverLeased } from "./hand-over-leased.ts";
import { type KnownTypes, NEVER_ANY, type TypesInForce } from "./known-types.ts";
import { type Draft, draftMessages, type MessageInput } from "./message.ts";
import { NO_SEALING } from "./no-sealing.ts";
import type { CommitResult, Made, Plan, Write } from "./plan.ts";
import { type Preparing, prepared } from "./prepare.ts";
import { refuseIfFull, type Storage } from "./refuse-full.ts";
import { runBatch } from "./run-batch.ts";
import type { Wake } from "./waker.ts";

export type { CommitResult, CommittedMessage, Write } from "./plan.ts";

export interface CommitRequest {
  /** The app's own statements, in order, committed together with the messages. */
  writes?: readonly Write[];
  /** From 1 to 100 messages, in commit order. An e-mail to several counts as one for each recipient. */
  messages: readonly MessageInput[];
  /** A repeated commit with an equal key and equal messages changes nothing, and gets the first answer. */
  idempotencyKey?: string;
  /**
   * W3C trace context of the request, kept with the messages and continued by webhooks. An invalid `traceparent` is
   * ignored.
   */
  traceparent?: string;
  /**
   * W3C trace state, handed on with the `traceparent`, up to 512 characters. Ignored if invalid, or without a
   * `traceparent`.
   */
  tracestate?: string;
  /**
   * The tenant's token that authorizes the commit. It must be neither revoked nor expired at the instant of the
   * commit.
   */
  tokenId?: string;
}

export interface CommitTools extends Preparing {
  db: Database;
  clock: Clock;
  random: Random;
  wake: Wake;
  log: Log;
  /** This isolate's knowledge of event types. */
  types: KnownTypes;
  /** Size limit of the database, a little below which commits are refused. Defaults to D1's own refusal. */
  storage?: Storage | undefined;
  /** Meter of a commit's cost. Defaults to no charge, with pauses for others. */
  meter?: Meter | undefined;
  /** Hands deliveries over beside the answer. Defaults to leaving all of them to the relay. */
  handOver?: HandOver | undefined;
  /** Creates a missing tenant. Defaults to refusing the commit. */
  createTenant?: ((tenantId: string) => Promise<void>) | undefined;
}

export const keyInput = z
  .string()
  .min(1)
  .max(limits.idempotencyKeyLength)
  .regex(/^[\x20-\x7e]*$/, { error: "must be printable ASCII" });

/** Strict, because a misspelt idempotency key would be lost silently. Messages and writes are checked one by one. */
const requestInput = z.strictObject({
  writes: z.unknown().optional(),
  messages: z.unknown(),
  idempotencyKey: keyInput.optional(),
  traceparent: leftOut(z.string()),
  tracestate: leftOut(z.string()),
  tokenId: leftOut(z.string()),
});

/**
 * Commits the app's statements, the messages and a delivery for each of their endpoints in one D1 batch: one
 * transaction, one round trip. Deliveries that nothing stands before are leased in it, and handed over beside the answer. For
 * others the tenant's relay is woken. If either is lost, the sweep finds the deliveries within about a minute of their due
 * instant, or of the end of their lease.
 *
 * @throws {OutboxError} `invalid_input` (also a payload that does not fit the schema of its event type, and more than
 * 5,000 deliveries at once), `payload_too_large`, `tenant_not_found`, `tenant_deleted`, `token_revoked`,
 * `endpoint_not_found`, `idempotency_conflict`: nothing was written. `storage_unavailable`: nothing was written, try
 * again. `storage_full`: nothing was written, and will not be until there is capacity. `outcome_unknown`: it may have been
 * committed; repeat it with an idempotency key. An error of the app's own statements is thrown as D1 raised it, and
 * nothing was written.
 */
export async function commit(
  tools: CommitTools,
  tenantId: string,
  request: CommitRequest,
): Promise<CommitResult> {
  const { messages, ...rest } = checked(requestInput, request);
  const drafts = draftMessages(messages, tools.clock.now(), tools.random);
  return commitDrafts(tools, tenantId, { ...rest, drafts });
}

/** A request whose messages and idempotency key are checked. */
interface DraftedRequest extends Omit<z.output<typeof requestInput>, "messages"> {
  drafts: Draft[];
}

/** Commits checked messages, and throws as `commit` does. */
export async function commitDrafts(
  tools: CommitTools,
  tenantId: string,
  { drafts, writes, idempotencyKey: key, tokenId, ...trace }: DraftedRequest,
): Promise<CommitResult> {
  const { handlers = NO_HANDLERS, sealing = NO_SEALING } = tools;
  refuseUnknownWork(drafts, handlers);
  refuseTooManyNamed(drafts, handlers);
  const ready = await prepare(tools, tenantId, drafts, tokenId === undefined ? "" : `${tenantId}/`);
  const now = tools.clock.now();
  const plan: Plan = {
    tenantId,
    now,
    tokenId: tokenId ?? null,
    writes: writeStatements(tools.db, writes),
    drafts: ready.drafts,
    handlers,
    key,
    ...(await sealing.fingerprint(tenantId, drafts, key ? fingerprintOf(drafts) : "")),
    lease: newCommitLease(tools.handOver, drafts, { now, random: tools.random }),
    ...parseTraceContext(trace),
  };

  if (tools.storage) await refuseIfFull(tools.db, tools.storage, tools.clock);
  const made = await (ready.refusal ? refuse(tools, plan, ready.refusal) : commitByTypes(tools, plan)).catch(
    (error) => {
      // Wakes the relay, as the messages may have been committed.
      if (error instanceof OutboxError && error.code === "outcome_unknown") tools.wake(tenantId, now);
      throw error;
    },
  );

  handOverLeased(tools, plan, made);
  if (made.lookAt !== null) tools.wake(tenantId, made.lookAt);
  logCommitted(tools.log, plan, made.result, tools.clock.now() - now);
  return { ...made.result, messages: gatherEmails(made.result.messages, drafts) };
}

/** Prepared messages; or the refusal of one, which is none if it was committed before: settings, schemas and files change. */
async function prepare(
  tools: CommitTools,
  tenantId: string,
  drafts: Draft[],
  prefix: string,
): Promise<{ drafts: readonly Draft[]; refusal?: OutboxError }> {
  try {
    return { drafts: await prepared(tools, tenantId, drafts, prefix) };
  } catch (error) {
    if (error instanceof OutboxError && REFUSALS.has(error.code)) return { drafts, refusal: error };
    throw error;
  }
}

const REFUSALS: ReadonlySet<string> = new Set(["invalid_input", "payload_too_large"]);

/**
 * Commits by this isolate's knowledge, or expectation, of the tenant's event types. If that is insufficient or
 * outdated, the event types are read, the payloads are checked anew, and the batch is sent again. So no payload is
 * committed that does not fit the schema in force at its commit, and none is refused by an outdated schema.
 */
async function commitByTypes(tools: CommitTools, plan: Plan): Promise<Made> {
  const { db, types, meter = sharedThread(tools.clock) } = tools;
  const names = typesOf(plan.drafts);
  let known = names.length === 0 ? NEVER_ANY : types.of(plan.tenantId, names);
  let wasRead = false;
  let wasSent = false;
  for (let tries = 0; tries < limits.commitTries; tries++) {
    const misfits = await misfitsOf(known, plan.drafts, { ...tools, meter });
    if (misfits?.length === 0) {
      wasSent = true;
      const made = await runBatch(db, plan, versionFor(known, names)).catch((error) => {
        // Charged, because D1 may have made many deliveries before it refused the batch.
        if (mayMakeMany(plan.drafts, plan.handlers)) meter.charge(limits.stepsPerTurn);
        throw error;
      });
      if (made) {
        meter.charge(deliveriesOf(made.result) * limits.stepsPerDelivery);
        return made;
      }
    } else if (misfits && wasRead) {
      throw new OutboxError({ code: "invalid_input", fields: misfits });
    }
    const admission = await readAdmissionOrCreate(tools, plan, names, wasSent);
    if (admission.committed) return admission.committed;
    // Nothing has changed, so a new check would be wasted.
    if (misfits && misfits.length > 0 && known?.version === admission.version) {
      throw new OutboxError({ code: "invalid_input", fields: misfits });
    }
    known = await types.learn(plan.tenantId, names, admission, meter);
    wasRead = true;
  }
  throw new OutboxError({ code: "storage_unavailable" });
}

/** A repetition is answered as the first commit was, whatever the files, the schemas and the settings are now. */
async function refuse({ db, createTenant }: CommitTools, plan: Plan, refusal: OutboxError): Promise<Made> {
  const { committed } = await readAdmission(db, plan, [], false).catch((error) => {
    const isMissing = error instanceof OutboxError && error.code === "tenant_not_found";
    if (isMissing && createTenant) return { committed: undefined };
    throw error;
  });
  if (committed) return committed;
  throw refusal;
}

function deliveriesOf({ messages, duplicate }: CommitResult): number {
  return duplicate ? 0 : messages.reduce((sum, { deliveries }) => sum + deliveries, 0);
}

/** The version that a commit names to D1; null if no schema was needed. */
function versionFor(known: TypesInForce | undefined, names: readonly string[]): number | null {
  return known && names.length > 0 ? known.version : null;
}

/** Creates a missing tenant first, if the app wants that. */
async function readAdmissionOrCreate(
  tools: CommitTools,
  plan: Plan,
  names: readonly string[],
  wasSent: boolean,
) {
  try {
    return await readAdmission(tools.db, plan, names, wasSent);
  } catch (error) {
    const unknown = error instanceof OutboxError && error.code === "tenant_not_found";
    if (!unknown || !tools.createTenant) throw error;
    await tools.createTenant(plan.tenantId).catch(refuseToCreate);
    return readAdmission(tools.db, plan, names, wasSent);
  }
}

/** D1's error about an outbox's statement must not pass for one about the app's. */
function refuseToCreate(error: unknown): never {
  const fault = faultOf(error);
  if (error instanceof OutboxError || fault === "rejected") throw error;
  throw new OutboxError(
    { code: fault === "full" ? "storage_full" : "storage_unavailable" },
    { cause: error },
  );
}

function logCommitted(log: Log, plan: Plan, committed: CommitResult, durationMs: number) {
  const first = committed.messages[0];
  log("message.committed", {
    tenant: plan.tenantId,
    ...(plan.traceparent && { traceId: traceIdOf(plan.traceparent) }),
    message: first?.id,
    eventType: first?.eventType,
    messages: committed.messages.length,
    deliveries: committed.messages.reduce((sum, message) => sum + message.deliveries, 0),
    duplicate: committed.duplicate,
    durationMs,
  });
}
