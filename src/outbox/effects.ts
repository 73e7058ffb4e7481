import { type Database, type Statement, violates } from "../db/database.ts";
import { type Write, writeStatements } from "../db/writes.ts";
import type { KnownHandlers } from "../domain/handlers.ts";
import type { TraceContext } from "../domain/trace-context.ts";
import type { Clock, Random } from "../platform/clock.ts";
import { invalid, OutboxError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import { sharedThread } from "../platform/meter.ts";
import { readAdmission } from "./admission.ts";
import { boundDeliveries, isTooMany, refuseTooManyNamed, tooManyDeliveries } from "./bound-deliveries.ts";
import { misfitsOf, typesOf } from "./check-payloads.ts";
import { refuseUnknownWork } from "./check-work.ts";
import { type Insertion, insertMessages } from "./insert-messages.ts";
import { type KnownTypes, NEVER_ANY, type TypesInForce } from "./known-types.ts";
import { draftMessages, type MessageInput } from "./message.ts";
import type { Plan } from "./plan.ts";
import { type Preparing, prepared } from "./prepare.ts";
import { isSenderRefused, senderNotAllowed } from "./senders.ts";

/** Effects of a handler, committed together with the outcome of its delivery. */
export interface Effects {
  /** The app's own statements, in order. */
  writes?: readonly Write[];
  /** Messages, committed after the statements. At most 25 statements and messages together, an e-mail for each recipient. */
  messages?: readonly MessageInput[];
}

export interface EffectsTools extends Preparing {
  db: Database;
  clock: Clock;
  random: Random;
  types: KnownTypes;
  handlers: KnownHandlers;
}

/** Effects ready to commit: checked, and with all random parts drawn. */
export interface PlannedEffects extends Plan {
  /** Version of the tenant's event types that checked the payloads; null if there was nothing to check. */
  typesVersion: number | null;
}

/** @throws {OutboxError} as `commit` does */
export async function planEffects(
  tools: EffectsTools,
  tenantId: string,
  { writes = [], messages = [] }: Effects,
  trace: TraceContext,
): Promise<PlannedEffects> {
  const now = tools.clock.now();
  const drafts = messages.length === 0 ? [] : draftMessages(messages, now, tools.random);
  if (writes.length + drafts.length > limits.effectsPerHandler) {
    throw invalid(
      "writes",
      `and messages are more than ${limits.effectsPerHandler} together, the limit; return fewer`,
    );
  }
  refuseUnknownWork(drafts, tools.handlers);
  refuseTooManyNamed(drafts, tools.handlers);
  const { handlers } = tools;
  const commit = { tenantId, now, tokenId: null, key: undefined, fingerprint: "", lease: undefined };
  const planned = {
    ...commit,
    writes: writeStatements(tools.db, writes),
    drafts: await prepared(tools, tenantId, drafts, ""),
    handlers,
    ...trace,
    typesVersion: null,
  };
  return planByKnown(tools, planned);
}

/**
 * Checks effects by this isolate's knowledge of the tenant's event types. A misfit may be due to outdated knowledge.
 * @throws {OutboxError} as `commit` does
 */
export async function planByKnown(tools: EffectsTools, planned: PlannedEffects): Promise<PlannedEffects> {
  const names = typesOf(planned.drafts);
  const known = names.length === 0 ? NEVER_ANY : tools.types.of(planned.tenantId, names);
  const fits = known && (await misfitsOf(known, planned.drafts, tools))?.length === 0;
  return fits ? checkedBy(known, planned) : planAnew(tools, planned);
}

/**
 * Checks effects by the tenant's present event types.
 * @throws {OutboxError} as `commit` does
 */
export async function planAnew(tools: EffectsTools, planned: PlannedEffects): Promise<PlannedEffects> {
  const { db, types } = tools;
  const { tenantId, drafts } = planned;
  const names = typesOf(drafts);
  const admission = await readAdmission(db, planned, names, false);
  const meter = sharedThread(tools.clock);
  const known = await types.learn(tenantId, names, admission, meter);
  const misfits = await misfitsOf(known, drafts, { ...tools, meter });
  if (!misfits) throw new OutboxError({ code: "storage_unavailable" });
  if (misfits.length > 0) throw new OutboxError({ code: "invalid_input", fields: misfits });
  return checkedBy(known, planned);
}

function checkedBy({ version }: TypesInForce, planned: PlannedEffects): PlannedEffects {
  return { ...planned, typesVersion: typesOf(planned.drafts).length > 0 ? version : null };
}

/** The statements that commit effects, for the batch that settles their delivery, and a reader of their results. */
export function effectStatements(db: Database, planned: PlannedEffects): Insertion {
  const { writes } = planned;
  const insertion = insertMessages(db, planned, planned.drafts, planned);
  return {
    statements: [...writes, ...insertion.statements],
    read: (results) => insertion.read(results.slice(writes.length)),
  };
}

/** Aborts the batch if effects together make too many deliveries. */
export function boundEffects(db: Database, planned: readonly PlannedEffects[]): Statement[] {
  const [first] = planned;
  if (!first) return [];
  const drafts = planned.flatMap(({ drafts }) => drafts);
  // All effects share the tenant; the version of their event types is compared for each.
  return boundDeliveries(db, { ...first, typesVersion: null }, drafts, first.handlers);
}

/** Reason for which D1 refused effects, in words for their handler. */
export function refusalOf(error: unknown, { drafts }: PlannedEffects): unknown {
  if (isSenderRefused(error)) return senderNotAllowed(drafts);
  return isTooMany(error) ? tooManyDeliveries() : error;
}

/** Largest number of D1 queries that committing the effects takes. */
export function queriesFor({ writes, drafts }: PlannedEffects): number {
  return writes.length + drafts.length + limits.d1QueriesAroundEffects;
}

/** True if the batch was aborted because the tenant or its event types differ from the plan. */
export function isNotAdmitted(error: unknown): boolean {
  return violates(error, "NOT NULL", "outbox_messages.tenant_id");
}
