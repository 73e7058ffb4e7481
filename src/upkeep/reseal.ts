import type { Database } from "../db/database.ts";
import type { PreviousSecret } from "../db/schema.ts";
import { headersPlace, openSecret, secretPlace } from "../domain/endpoint-secrets.ts";
import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import type { Vault } from "../platform/vault.ts";
import type { ResealEmails } from "./reseal-emails.ts";
import { resealMark } from "./reseal-mark.ts";
import { type Resealed, type SealedRow, selectToReseal, writeResealed } from "./statements.ts";

export interface ResealTools {
  db: Database;
  clock: Clock;
  log: Log;
  vaultOf: () => Vault;
  /** Reseals sensitive e-mails. Undefined: the Worker takes none. */
  resealEmails?: ResealEmails | undefined;
}

/**
 * The cron: reseals secrets and sensitive e-mails that are not under the current key, a page at a time; the rest is left for the
 * next minute. One that does not open is marked with the time, and tried again after an hour, so that it holds up no other, and
 * is found when its key is back. Answers true unless D1 or a setting failed. Never throws.
 */
export async function reseal(tools: ResealTools): Promise<boolean> {
  try {
    const vault = tools.vaultOf();
    if (vault.keyId === undefined) return true;
    const now = tools.clock.now();
    const { results } = await selectToReseal(
      tools.db,
      vault.keyId,
      resealMark(now - limits.resealAgainMs),
      limits.endpointsPerReseal,
    ).all<SealedRow>();
    if (results.length > 0) tools.log("secrets.resealed", await resealPage(tools, vault, results, now));
    const emails = await tools.resealEmails?.(tools, vault, now);
    if (emails) tools.log("secrets.resealed", emails);
    return true;
  } catch (error) {
    tools.log("secrets.reseal_failed", { error: describeError(error) });
    return false;
  }
}

async function resealPage(tools: ResealTools, vault: Vault, rows: readonly SealedRow[], now: number) {
  const next = await Promise.all(rows.map((row) => sealAnew(tools, vault, row, now)));
  const statements = rows.map((row, n) => writeResealed(tools.db, row, next[n] ?? asSealed(row, now)));
  const written = await tools.db.batch<{ id: string }>(statements);
  return {
    endpoints: written.filter(({ results }, n) => next[n] && results.length > 0).length,
    failed: next.filter((row) => row === undefined).length,
    more: rows.length === limits.endpointsPerReseal,
  };
}

/** Undefined unless all of them open, because a row is sealed under one key, or left unchanged. */
async function sealAnew(
  { log }: ResealTools,
  vault: Vault,
  row: SealedRow,
  now: number,
): Promise<Resealed | undefined> {
  const place = secretPlace(row.tenant_id, row.id);
  const anew = async (stored: string) => vault.seal(await openSecret(vault, stored, place), place);
  try {
    return {
      secret: await anew(row.secret),
      previous_secrets: row.previous_secrets && (await previousAnew(row.previous_secrets, now, anew)),
      secret_headers: row.secret_headers && (await headersAnew(vault, row, row.secret_headers)),
      sealed_by: vault.keyId ?? null,
    };
  } catch (error) {
    log("secrets.unavailable", { tenant: row.tenant_id, endpoint: row.id, error: describeError(error) });
    return undefined;
  }
}

/** Drops a previous secret that no longer signs, which need not open. */
async function previousAnew(json: string, now: number, anew: (stored: string) => Promise<string>) {
  const live = (JSON.parse(json) as PreviousSecret[]).filter(({ until }) => until > now);
  return JSON.stringify(
    await Promise.all(live.map(async ({ secret, until }) => ({ secret: await anew(secret), until }))),
  );
}

async function headersAnew(vault: Vault, row: SealedRow, sealed: string): Promise<string> {
  const place = headersPlace(row.tenant_id, row.id);
  return vault.seal(await vault.open(sealed, place), place);
}

/** Leaves the secrets as they are, to be tried again later. */
function asSealed({ secret, previous_secrets, secret_headers }: SealedRow, now: number): Resealed {
  return { secret, previous_secrets, secret_headers, sealed_by: resealMark(now) };
}
