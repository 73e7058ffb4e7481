import { and, eq, exists, getTableColumns, ne, type SQL, sql } from "drizzle-orm";
import { oneIf } from "../db/audited.ts";
import { type Database, queryBuilder } from "../db/database.ts";
import { endpoints } from "../db/schema.ts";
import type { KnownHandlers } from "../domain/handlers.ts";
import type { Random } from "../platform/clock.ts";
import { OutboxError } from "../platform/errors.ts";
import type { Vault } from "../platform/vault.ts";
import { type RegistryTools, readTenant } from "./tenants.ts";

export interface EndpointTools extends RegistryTools {
  random: Random;
  vault: Vault;
  wake: (tenantId: string, at: number) => void;
  /** Reason for which a URL cannot receive webhooks; undefined when it can. */
  refuseUrl: (url: string) => string | undefined;
  /** True if this Worker posts to chats. Defaults to false. */
  postsToChats?: boolean;
  /** Handlers of this Worker. Defaults to none. */
  handlers?: KnownHandlers;
}

const { secret: _, previousSecrets, secretHeaders: _h, sealedBy: _s, ...shown } = getTableColumns(endpoints);

/** The readable columns of an endpoint: all but the sealed ones, of which it has the ends of the earlier secrets. */
export const SHOWN = {
  ...shown,
  earlierSecretsEndAt: sql`(SELECT json_group_array(value ->> 'until') FROM json_each(${previousSecrets}))`
    .mapWith((text: string) => JSON.parse(text) as number[])
    .as("earlier_secrets_end_at"),
};

/** An endpoint, as the registry answers it. */
export type Endpoint = Omit<
  typeof endpoints.$inferSelect,
  "secret" | "previousSecrets" | "secretHeaders" | "sealedBy"
> & {
  /** Ends of the signing of earlier secrets, the newest secret first. One in the past signs no more. */
  earlierSecretsEndAt: number[];
  /** Signing secret, in the answer of the call that made it; null in every other. */
  secret: string | null;
};

/** @throws {OutboxError} `tenant_not_found`, `endpoint_not_found` */
export async function readEndpoint(
  { db }: { db: Database },
  tenantId: string,
  id: string,
): Promise<Endpoint> {
  const [found] = await queryBuilder(db).select(SHOWN).from(endpoints).where(isLive(tenantId, id));
  if (found) return withoutSecret(found);
  await readTenant({ db }, tenantId);
  throw new OutboxError({ code: "endpoint_not_found", endpointId: id });
}

export function withoutSecret(row: Omit<Endpoint, "secret">): Endpoint {
  return { ...row, secret: null };
}

export function isLive(tenantId: string, id: string) {
  return and(eq(endpoints.tenantId, tenantId), eq(endpoints.id, id), ne(endpoints.state, "deleted"));
}

/** For the audit: the endpoint that a write is about to change, if it exists. */
export function endpointIf(db: Database, condition: SQL | undefined): SQL {
  return oneIf(exists(queryBuilder(db).select({ id: endpoints.id }).from(endpoints).where(condition)));
}
