import { KeyRing } from "../../../src/platform/key-ring.ts";
import { createVault, type Vault } from "../../../src/platform/vault.ts";

/** SECRET_KEYS of these names, the current one first. A name always has one key. */
export function secretKeys(...names: string[]): string {
  return names.map((name) => `${name}:${btoa(name.padEnd(32, ".").slice(0, 32))}`).join(",");
}

export function vaultWith(...names: string[]): Vault {
  return createVault(KeyRing.parse(secretKeys(...names)));
}

export const NO_VAULT = createVault(undefined);
