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

/** What a handler gives to be committed with the outcome of its delivery: both, or neither. */
export interface Effects {
  /** The app's own statements, in order. */
  writes?: readonly Write[];
  /** Committed after them. Statements and messages are 25 together, at most. */
  messages?: readonly MessageInput[];
}

export interface EffectsTools {
  db: Database;
  clock: Clock;
  random: Random;
  types: KnownTypes;
  handlers: KnownHandlers;
}

/** Effects as they are to be committed: checked, and with everything in them that chance decides. */
export interface PlannedEffects extends Plan {
  /** The version of the tenant's event types that the payloads were checked by; null: there was nothing to check. */
  typesVersion: number | null;
}

/** @throws {OutboxError} as `commit` does */
export async function planEffects(
  tools: EffectsTools,
  tenantId: string,
  { writes = [], messages = [] }: Effects,
  trace: TraceContext,
): Promise<PlannedEffects> {
  if (writes.length + messages.length > limits.effectsPerHandler) {
    throw invalid(
      "writes",
      `and messages are more than ${limits.effectsPerHandler} together, the limit; return fewer`,
    );
  }
  const now = tools.clock.now();
  const drafts = messages.length === 0 ? [] : draftMessages(messages, now, tools.random);
  refuseUnknownWork(drafts, tools.handlers);
  refuseTooManyNamed(drafts, tools.handlers);
  const { handlers } = tools;
  const commit = { tenantId, now, tokenId: null, key: undefined, fingerprint: "" };
  const planned = {
    ...commit,
    writes: writeStatements(tools.db, writes),
    drafts,
    handlers,
    ...trace,
    typesVersion: null,
  };
  return planByKnown(tools, planned);
}

/**
 * The same effects by what this isolate knows of the tenant's event types. What does not fit by that may fit by now.
 * @throws {OutboxError} as `commit` does
 */
export async function planByKnown(tools: EffectsTools, planned: PlannedEffects): Promise<PlannedEffects> {
  const names = typesOf(planned.drafts);
  const known = names.length === 0 ? NEVER_ANY : tools.types.of(planned.tenantId, names);
  const fits = known && (await misfitsOf(known, planned.drafts, tools))?.length === 0;
  return fits ? checkedBy(known, planned) : planAnew(tools, planned);
}

/**
 * The same effects by the tenant's event types as they are now.
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

/** The statements that commit effects, for the batch that settles their delivery; and what the results mean. */
export function effectStatements(db: Database, planned: PlannedEffects): Insertion {
  const { writes } = planned;
  const insertion = insertMessages(db, planned, planned.drafts, planned);
  return {
    statements: [...writes, ...insertion.statements],
    read: (results) => insertion.read(results.slice(writes.length)),
  };
}

/** Aborts the batch that commits them should they make too many deliveries together. */
export function boundEffects(db: Database, planned: readonly PlannedEffects[]): Statement[] {
  const [first] = planned;
  if (!first) return [];
  const drafts = planned.flatMap(({ drafts }) => drafts);
  // The tenant is the same for all; what event types they were checked by is looked at with each.
  return boundDeliveries(db, { ...first, typesVersion: null }, drafts, first.handlers);
}

/** What has become of effects that D1 has refused, in words for those who gave them. */
export function refusalOf(error: unknown): unknown {
  return isTooMany(error) ? tooManyDeliveries() : error;
}

/** How many queries of D1's it takes to commit them, at most. */
export function queriesFor({ writes, drafts }: PlannedEffects): number {
  return writes.length + drafts.length + limits.d1QueriesAroundEffects;
}

/** Whether the batch was aborted because the tenant or its event types are not, or no longer, what was planned by. */
export function isNotAdmitted(error: unknown): boolean {
  return violates(error, "NOT NULL", "outbox_messages.tenant_id");
}
