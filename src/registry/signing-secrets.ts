import { and, eq, isNotNull, ne, sql } from "drizzle-orm";
import { type Database, queryBuilder } from "../db/database.ts";
import { endpoints } from "../db/schema.ts";
import { openSecret, secretPlace } from "../domain/endpoint-secrets.ts";
import { receiverLimits as limits } from "../platform/development-limits.ts";
import type { Vault } from "../platform/vault.ts";

interface SigningSecret {
  tenantId: string;
  id: string;
  secret: string;
}

/**
 * The secrets of endpoints whose URL ends in a path. It looks through all endpoints, and is for the receiver of
 * development alone.
 * @throws {VaultError}
 */
export async function signingSecretsOf(
  { db, vault }: { db: Database; vault: Vault },
  path: string,
): Promise<SigningSecret[]> {
  const found = await queryBuilder(db)
    .select({ tenantId: endpoints.tenantId, id: endpoints.id, secret: endpoints.secret })
    .from(endpoints)
    .where(
      and(
        eq(endpoints.channel, "webhook"),
        ne(endpoints.state, "deleted"),
        isNotNull(endpoints.secret),
        sql`substr(target, -length(${path})) = ${path}`,
      ),
    )
    .limit(limits.secrets);
  return Promise.all(
    found.map(async ({ tenantId, id, secret }) => {
      return { tenantId, id, secret: await openSecret(vault, secret ?? "", secretPlace(tenantId, id)) };
    }),
  );
}
