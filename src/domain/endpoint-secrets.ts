import type { Place, Vault } from "../platform/vault.ts";

/** How a webhook secret begins, as Standard Webhooks has it. */
export const SECRET_PREFIX = "whsec_";

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
