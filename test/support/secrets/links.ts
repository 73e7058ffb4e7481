import { KeyRing } from "../../../src/platform/key-ring.ts";
import { createVault } from "../../../src/platform/vault.ts";
import type { Links } from "../../../src/unsubscribe/link.ts";
import { secretKeys } from "./vaults.ts";

/** Means to make unsubscribe links, with SECRET_KEYS of these names. */
export function linksWith(...names: string[]): Links {
  const vault = createVault(KeyRing.parse(secretKeys(...names)), "unsubscribe");
  return { url: "https://app.example.com/u", vault };
}
