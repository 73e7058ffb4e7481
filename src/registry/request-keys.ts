import { and, eq, isNull } from "drizzle-orm";
import { type Database, queryBuilder } from "../db/database.ts";
import { requestKeys } from "../db/schema.ts";
import { liveTenant } from "./live-tenant.ts";

/** A request that is to be carried out once. */
export interface RequestKey {
  tenantId: string;
  key: string;
  /** Of the request: the same key with another one is a conflict. */
  fingerprint: string;
  /** Of this very try: only the one whose row it is may give the key free, or write the answer to it. */
  nonce: string;
  now: number;
}

/**
 * For the batch that carries the request out, as its first statement: refused by its primary key for a repetition, and by
 * `tenant_id` for a tenant that is not there. Either aborts the batch.
 */
export function insertRequestKey(db: Database, { tenantId, key, fingerprint, nonce, now }: RequestKey) {
  return queryBuilder(db)
    .insert(requestKeys)
    .values({ tenantId: liveTenant(tenantId), key, fingerprint, answer: nonce, createdAt: now });
}

/** What became of the request that came first. */
export interface FirstRequest {
  fingerprint: string;
  /** Null while its answer is not known. */
  status: number | null;
  /** Sealed; while it is not known, the nonce of the try. */
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
