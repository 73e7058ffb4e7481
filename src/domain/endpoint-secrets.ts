import { fromBase64, toBase64 } from "../platform/base64.ts";
import { limits } from "../platform/limits.ts";
import type { Place, Vault } from "../platform/vault.ts";

/** Prefix of a webhook secret, as in Standard Webhooks. */
export const SECRET_PREFIX = "whsec_";

/** True if a text is a webhook secret of Standard Webhooks, of 24 to 64 bytes. */
export function isSecret(text: string): boolean {
  const { from, to } = limits.givenSecretBytes;
  if (!text.startsWith(SECRET_PREFIX) || text.length > SECRET_PREFIX.length + Math.ceil(to / 3) * 4)
    return false;
  const base64 = text.slice(SECRET_PREFIX.length);
  // Padded and without blanks, so that every verifier decodes equal bytes.
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return false;
  const bytes = fromBase64(base64);
  return bytes !== undefined && bytes.length >= from && bytes.length <= to && toBase64(bytes) === base64;
}

/**
 * Place of an endpoint's webhook secrets in the vault: one for all of them, because a rotation moves them sealed.
 */
export function secretPlace(tenantId: string, endpointId: string): Place {
  return ["webhook secret", tenantId, endpointId];
}

/** Place of an endpoint's secret headers in the vault. */
export function headersPlace(tenantId: string, endpointId: string): Place {
  return ["secret headers", tenantId, endpointId];
}

/**
 * A webhook secret, opened. Secrets stored by an older version are not sealed.
 * @throws {VaultError}
 */
export async function openSecret(vault: Vault, stored: string, place: Place): Promise<string> {
  return stored.startsWith(SECRET_PREFIX) ? stored : vault.open(stored, place);
}
