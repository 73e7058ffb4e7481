import { env } from "cloudflare:workers";
import type { RowOf } from "../../../src/db/row.ts";
import type { endpoints, PreviousSecret } from "../../../src/db/schema.ts";
import { headersPlace, openSecret, secretPlace } from "../../../src/domain/endpoint-secrets.ts";
import type { Vault } from "../../../src/platform/vault.ts";

const COLUMNS = ["secret", "previous_secrets", "secret_headers", "secret_header_names", "sealed_by"] as const;

export interface SealedColumns extends RowOf<typeof endpoints, (typeof COLUMNS)[number]> {
  secret: string;
}

/** An endpoint's secrets, as they stand in D1 and opened. */
export async function sealedOf(vault: Vault, tenantId: string, id: string) {
  const row = await env.DB.prepare(
    `SELECT ${COLUMNS.join(", ")} FROM outbox_endpoints WHERE tenant_id = ? AND id = ?`,
  )
    .bind(tenantId, id)
    .first<SealedColumns>();
  if (!row) throw new Error(`There is no endpoint ${id}`);
  const place = secretPlace(tenantId, id);
  const previous: PreviousSecret[] = JSON.parse(row.previous_secrets ?? "[]");
  const headers = row.secret_headers && (await vault.open(row.secret_headers, headersPlace(tenantId, id)));
  return {
    row,
    secret: await openSecret(vault, row.secret, place),
    previous: await Promise.all(
      previous.map(async ({ secret, until }) => ({ secret: await openSecret(vault, secret, place), until })),
    ),
    headers: headers === null ? null : (JSON.parse(headers) as Record<string, string>),
  };
}
