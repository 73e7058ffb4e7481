import { fromBase64, toBase64 } from "../platform/base64.ts";
import { limits } from "../platform/limits.ts";
import type { Place, Vault } from "../platform/vault.ts";

/** How a webhook secret begins, as Standard Webhooks has it. */
export const SECRET_PREFIX = "whsec_";

/** Whether a text is a webhook secret as Standard Webhooks has it: of 24 to 64 bytes. */
export function isSecret(text: string): boolean {
  const { from, to } = limits.givenSecretBytes;
  if (!text.startsWith(SECRET_PREFIX) || text.length > SECRET_PREFIX.length + Math.ceil(to / 3) * 4)
    return false;
  const base64 = text.slice(SECRET_PREFIX.length);
  // Padded and without blanks, so that every verifier reads the same bytes.
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return false;
  const bytes = fromBase64(base64);
  return bytes !== undefined && bytes.length >= from && bytes.length <= to && toBase64(bytes) === base64;
}

/** Where the webhook secrets of an endpoint belong: one place for all, as a rotation moves them as they stand. */
export function secretPlace(tenantId: string, endpointId: string): Place {
  return ["webhook secret", tenantId, endpointId];
}

/** Where the secret headers of an endpoint belong. */
export function headersPlace(tenantId: string, endpointId: string): Place {
  return ["secret headers", tenantId, endpointId];
}

/**
 * A webhook secret as it signs. One that the version before has stored is not sealed.
 * @throws {VaultError}
 */
export async function openSecret(vault: Vault, stored: string, place: Place): Promise<string> {
  return stored.startsWith(SECRET_PREFIX) ? stored : vault.open(stored, place);
}
