import type { Database } from "../db/database.ts";
import { emailPlace } from "../domain/sensitive-email.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import type { Vault } from "../platform/vault.ts";
import {
  type ResealedEmail,
  type SealedEmailRow,
  selectEmailsToReseal,
  writeResealedEmail,
} from "./reseal-email-statements.ts";
import { resealMark } from "./reseal-mark.ts";

/**
 * Reseals a page of sensitive e-mails that are not under the current key, as `reseal` does with the secrets of endpoints.
 * Undefined: there are none.
 */
export type ResealEmails = (
  tools: { db: Database; log: Log },
  vault: Vault,
  now: number,
) => Promise<{ emails: number; failed: number; more: boolean } | undefined>;

export const resealEmails: ResealEmails = async ({ db, log }, vault, now) => {
  const triedBefore = resealMark(now - limits.resealAgainMs);
  const { results } = await selectEmailsToReseal(db, vault.keyId ?? "", triedBefore).all<SealedEmailRow>();
  if (results.length === 0) return undefined;
  const next = await Promise.all(results.map((row) => sealAnew(log, vault, row)));
  const written = await db.batch(
    results.map((row, n) => {
      const asSealed = { sealed: row.sealed, sealed_by: resealMark(now) };
      return writeResealedEmail(db, row, next[n] ?? asSealed);
    }),
  );
  return {
    emails: written.filter(({ results }, n) => next[n] && results.length > 0).length,
    failed: next.filter((one) => one === undefined).length,
    more: results.length === limits.emailsPerReseal,
  };
};

/** Undefined: it does not open. */
async function sealAnew(log: Log, vault: Vault, row: SealedEmailRow): Promise<ResealedEmail | undefined> {
  const place = emailPlace(row.tenant_id, row.nonce);
  try {
    const sealed = await vault.seal(await vault.open(row.sealed, place), place);
    return { sealed, sealed_by: vault.keyId ?? null };
  } catch (error) {
    log("secrets.unavailable", { tenant: row.tenant_id, sequence: row.seq, error: describeError(error) });
    return undefined;
  }
}
