import { base64url } from "jose";
import { OutboxError } from "./errors.ts";
import type { KeyRing } from "./key-ring.ts";

/** Kind and owner of a sealed text. A text sealed for one place opens in no other. */
export type Place = readonly [what: string, ...whose: string[]];

/** Seals texts that must not be readable in the database, and opens them. */
export interface Vault {
  /** The name of the key that seals now; undefined without SECRET_KEYS. */
  readonly keyId: string | undefined;
  /**
   * AES-256-GCM with a fresh IV: `s1.<key>.<IV>.<ciphertext>`, the last two in base64url.
   * @throws {OutboxError} `secret_keys_missing`
   */
  seal(text: string, place: Place): Promise<string>;
  /** @throws {VaultError} */
  open(sealed: string, place: Place): Promise<string>;
}

/** Error for a sealed text that does not open. The message names at most the key, never the text. */
export class VaultError extends Error {
  override readonly name = "VaultError";
}

const VERSION = "s1";
const SEALED = /^s1\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;
/** True for a text that a vault has sealed, under whatever key. */
export function isSealed(text: string): boolean {
  return SEALED.test(text);
}

/** GCM's standard length. Random ones are safe for 2^32 texts under a key. */
const IV_BYTES = 12;

/**
 * Without a key ring nothing is sealed, and nothing opens.
 * @param purpose keys that seal: links are so many that they have their own
 */
export function createVault(ring: KeyRing | undefined, purpose: "seal" | "unsubscribe" = "seal"): Vault {
  return {
    keyId: ring?.currentId,
    async seal(text, place) {
      const key = ring && (await ring.keyFor(purpose, ring.currentId));
      if (!key) throw new OutboxError({ code: "secret_keys_missing" });
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
      const algorithm = { name: "AES-GCM", iv, additionalData: bound(ring.currentId, place) };
      const ciphertext = await crypto.subtle.encrypt(algorithm, key, new TextEncoder().encode(text));
      return [
        VERSION,
        ring.currentId,
        base64url.encode(iv),
        base64url.encode(new Uint8Array(ciphertext)),
      ].join(".");
    },
    async open(sealed, place) {
      const [, keyId = "", ivText = "", text = ""] = SEALED.exec(sealed) ?? [];
      const [iv, ciphertext] = [decode(ivText), decode(text)];
      if (!iv || !ciphertext) throw new VaultError("This is not a sealed text.");
      const key = await ring?.keyFor(purpose, keyId);
      if (!key) throw new VaultError(`The key "${keyId}" is not in SECRET_KEYS.`);
      const algorithm = { name: "AES-GCM", iv, additionalData: bound(keyId, place) };
      const opened = await crypto.subtle.decrypt(algorithm, key, ciphertext).catch(() => {
        throw new VaultError(
          `The secret sealed under the key "${keyId}" does not open: it was changed or moved, or SECRET_KEYS has a different key of that name.`,
        );
      });
      return new TextDecoder().decode(opened);
    },
  };
}

function bound(keyId: string, place: Place): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new TextEncoder().encode(JSON.stringify([VERSION, keyId, ...place])));
}

/** Undefined for a non-canonical encoding, whose last character has stray bits. */
function decode(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const bytes = Uint8Array.from(base64url.decode(text));
    return text !== "" && base64url.encode(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}
