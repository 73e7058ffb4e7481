import { and, eq, isNull } from "drizzle-orm";
import { type Database, queryBuilder, violates } from "../db/database.ts";
import { requestKeys } from "../db/schema.ts";
import { liveTenant } from "./live-tenant.ts";

/** A request to carry out once. */
export interface RequestKey {
  tenantId: string;
  key: string;
  /** Fingerprint of the request: another one under its key is a conflict. */
  fingerprint: string;
  /** Nonce of this try: only the try that owns the row may free the key, or store the answer. */
  nonce: string;
  now: number;
}

/**
 * First statement of the batch that carries the request out: the primary key refuses a repetition, and `tenant_id` a
 * missing tenant. Either aborts the batch.
 */
export function insertRequestKey(db: Database, { tenantId, key, fingerprint, nonce, now }: RequestKey) {
  return queryBuilder(db)
    .insert(requestKeys)
    .values({ tenantId: liveTenant(tenantId), key, fingerprint, answer: nonce, createdAt: now });
}

/** Reports whether an error says that a request of this key was carried out before. */
export function isKeyTaken(error: unknown): boolean {
  return violates(error, "UNIQUE", "outbox_request_keys.tenant_id, outbox_request_keys.key");
}

/** Reports whether an error says that the tenant of the key is missing. */
export function lacksTenant(error: unknown): boolean {
  return violates(error, "NOT NULL", "outbox_request_keys.tenant_id");
}

/** Result of the first request. */
export interface FirstRequest {
  fingerprint: string;
  /** Null while its answer is unknown. */
  status: number | null;
  /** The sealed answer; while it is unknown, the nonce of the try. */
  answer: string;
}

export async function readRequestKey(db: Database, request: RequestKey): Promise<FirstRequest | undefined> {
  const [found] = await queryBuilder(db).select().from(requestKeys).where(isKey(request));
  if (!found) return undefined;
  const { fingerprint, status, answer } = found;
  return { fingerprint, status, answer: answer ?? "" };
}

export async function saveAnswer(db: Database, request: RequestKey, status: number, answer: string) {
  await queryBuilder(db).update(requestKeys).set({ status, answer }).where(isOurs(request));
}

export async function releaseRequestKey(db: Database, request: RequestKey): Promise<void> {
  await queryBuilder(db).delete(requestKeys).where(isOurs(request));
}

function isKey({ tenantId, key }: RequestKey) {
  return and(eq(requestKeys.tenantId, tenantId), eq(requestKeys.key, key));
}

function isOurs(request: RequestKey) {
  return and(isKey(request), isNull(requestKeys.status), eq(requestKeys.answer, request.nonce));
}
