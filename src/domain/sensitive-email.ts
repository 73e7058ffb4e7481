import type { Place } from "../platform/vault.ts";

/** Stands in a stored e-mail, and wherever it is shown, for content that is sealed beside it. */
export const SEALED_TEXT = "[sealed]";

/** State of the content of a sensitive e-mail: sealed until its delivery is settled, and then wiped. */
export const SENSITIVE_CONTENTS = ["sealed", "wiped"] as const;
export type SensitiveContent = (typeof SENSITIVE_CONTENTS)[number];

/** Content of a sensitive e-mail in the vault, and the name of its key. */
export interface SealedEmail {
  text: string;
  by: string;
}

/** Place of the content of a sensitive e-mail in the vault: the nonce is its message's own. */
export function emailPlace(tenantId: string, nonce: string): Place {
  return ["sensitive e-mail", tenantId, nonce];
}
