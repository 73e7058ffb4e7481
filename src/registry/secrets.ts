import { type SQL, sql } from "drizzle-orm";
import { newSecret } from "../channels/webhook/sign.ts";
import { audited } from "../db/audited.ts";
import { inOneWrite, queryBuilder } from "../db/database.ts";
import { endpoints, type PreviousSecret } from "../db/schema.ts";
import { headersPlace, secretPlace } from "../domain/endpoint-secrets.ts";
import { isChat } from "../domain/states.ts";
import { invalid, OutboxError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import type { Vault } from "../platform/vault.ts";
import type { RotateInput } from "./endpoint-input.ts";
import {
  type Endpoint,
  type EndpointTools,
  endpointIf,
  isLive,
  readEndpoint,
  SHOWN,
} from "./endpoint-row.ts";
import { NEXT_VERSION } from "./endpoint-writes.ts";

/**
 * Sets a new or the given secret, which only the answer shows. The previous secrets sign beside it for a while, so that
 * the receiver can change over, even when an answer was lost and the secret was rotated twice: the five newest, each at
 * most until its earlier end, and at most for the time of this call.
 * @throws {OutboxError} `tenant_not_found`, `endpoint_not_found`, `invalid_input`, `secret_keys_missing`
 */
export async function rotateSecret(
  tools: EndpointTools,
  tenantId: string,
  id: string,
  { overlapSeconds = limits.secretOverlapSeconds, secret = newSecret(tools.random) }: RotateInput = {},
): Promise<Endpoint> {
  const { channel, payloadFormat } = await readEndpoint(tools, tenantId, id);
  if (channel !== "webhook") throw invalid("", "Only webhook endpoints have a secret.");
  if (isChat(payloadFormat)) throw invalid("", "The secret of a chat is its URL. Change the url instead.");
  const now = tools.clock.now();
  const update = queryBuilder(tools.db)
    .update(endpoints)
    .set({
      secret: await sealSecret(tools.vault, tenantId, id, secret),
      previousSecrets: withCurrentSecret(now, now + overlapSeconds * 1000),
      secretSetAt: now,
      sealedBy: sealedAlso(tools.vault),
      version: NEXT_VERSION,
      updatedAt: now,
    })
    .where(isLive(tenantId, id))
    .returning(SHOWN);
  const affected = endpointIf(tools.db, isLive(tenantId, id));
  const [[rotated]] = await inOneWrite(
    audited(tools, { tenantId, affected, subject: { secretRotated: true } }),
    [update],
  );
  if (!rotated) throw new OutboxError({ code: "endpoint_not_found", endpointId: id });
  return { ...rotated, secret };
}

/** Taken from the row within the write, so that no simultaneous rotation is lost. */
function withCurrentSecret(now: number, until: number): SQL<PreviousSecret[]> {
  return sql`(
    SELECT json_group_array(json(kept.value)) FROM (
      SELECT json_object('secret', secret, 'until', CAST(${until} AS INTEGER)) AS value WHERE ${until} > ${now}
      UNION ALL
      SELECT value FROM (
        SELECT json_set(previous.value, '$.until', min(previous.value ->> 'until', CAST(${until} AS INTEGER))) AS value
        FROM json_each(previous_secrets) previous
        WHERE min(previous.value ->> 'until', ${until}) > ${now}
        ORDER BY previous.key LIMIT ${limits.previousSecrets - 1})
    ) kept)`;
}

/**
 * Key of the row's secrets after a write under the current key: the current one only if the other secrets were under
 * it.
 */
export function sealedAlso({ keyId }: Vault): SQL<string | null> {
  return sql`CASE WHEN sealed_by = ${keyId} THEN sealed_by END`;
}

/** @throws {OutboxError} `secret_keys_missing` */
export function sealSecret(vault: Vault, tenantId: string, id: string, secret: string): Promise<string> {
  return vault.seal(secret, secretPlace(tenantId, id));
}

/**
 * The columns of the secret headers.
 * @throws {OutboxError} `secret_keys_missing`
 */
export async function sealHeaders(
  vault: Vault,
  tenantId: string,
  id: string,
  headers: Record<string, string> | null,
): Promise<{ secretHeaders: string | null; secretHeaderNames: string[] | null }> {
  const names = Object.keys(headers ?? {});
  if (names.length === 0) return { secretHeaders: null, secretHeaderNames: null };
  const secretHeaders = await vault.seal(JSON.stringify(headers), headersPlace(tenantId, id));
  return { secretHeaders, secretHeaderNames: names };
}
