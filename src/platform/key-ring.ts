import { base64url } from "jose";
import { ConfigError } from "./errors.ts";

/** A secret of the Worker under a name. From each, one key for each purpose is derived. */
interface RingKey {
  id: string;
  bytes: Uint8Array<ArrayBuffer>;
}

const KEY_BYTES = 32;
const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;

const SIGNS = {
  algorithm: { name: "HMAC", hash: "SHA-256", length: 256 },
  usages: ["sign", "verify"],
} as const;

const SEALS = { algorithm: { name: "AES-GCM", length: 256 }, usages: ["encrypt", "decrypt"] } as const;

const ALGORITHMS = {
  seal: SEALS,
  unsubscribe: SEALS,
  token: SIGNS,
  session: SIGNS,
  bearer: SIGNS,
  authorized: SIGNS,
  portal: SIGNS,
} as const;

/** Purpose of a key. Keys of different purposes are independent. */
export type KeyPurpose = keyof typeof ALGORITHMS;

/**
 * The Worker's secret keys. The first seals and signs; the others still open and verify, until their secrets are
 * resealed and their tokens have expired. So a key rotates without a pause.
 */
export class KeyRing {
  readonly #keys: readonly RingKey[];
  readonly #derived = new Map<string, Promise<CryptoKey>>();

  private constructor(keys: readonly RingKey[]) {
    this.#keys = keys;
  }

  /**
   * @param text `id:base64` of 32 bytes for each key, the current one first, separated by commas
   * @throws {ConfigError}
   */
  static parse(text: string): KeyRing {
    const keys = text.split(",").map((entry) => parseKey(entry.trim()));
    const ids = keys.map(({ id }) => id);
    const twice = ids.find((id, position) => ids.indexOf(id) !== position);
    if (twice !== undefined)
      throw new ConfigError(`SECRET_KEYS has two keys named "${twice}". Rename or remove one of them.`);
    return new KeyRing(keys);
  }

  /** Names of the keys, the current one first. */
  get ids(): readonly string[] {
    return this.#keys.map(({ id }) => id);
  }

  /** The name of the key that seals and signs. */
  get currentId(): string {
    return this.#keys[0]?.id ?? "";
  }

  /**
   * The key of that name for a purpose, derived by HKDF (RFC 5869); undefined when it is not in the ring.
   * @param boundTo another secret without spaces, whose change makes another key
   */
  keyFor(purpose: KeyPurpose, id: string, boundTo?: string): Promise<CryptoKey> | undefined {
    const key = this.#keys.find((key) => key.id === id);
    if (!key) return undefined;
    const name = [purpose, id, boundTo].join(" ");
    const derived = this.#derived.get(name) ?? derive(key, purpose, boundTo);
    this.#derived.set(name, derived);
    return derived;
  }
}

function parseKey(entry: string): RingKey {
  const [, id, base64] = /^([^:]*):(.*)$/.exec(entry) ?? [];
  const bytes = base64 === undefined ? undefined : decode(base64);
  if (id === undefined || !KEY_ID.test(id) || bytes?.length !== KEY_BYTES) {
    throw new ConfigError(
      `SECRET_KEYS must be one key or several, the current one first, as "2026-11:<base64 of ${KEY_BYTES} bytes>,2026-01:<…>". ` +
        `\`openssl rand -base64 ${KEY_BYTES}\` makes the bytes of a key.`,
    );
  }
  return { id, bytes };
}

function decode(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(base64url.decode(toBase64url(base64)));
  } catch {
    return undefined;
  }
}

/** Rewrites base 64 of either alphabet, padded or not. */
function toBase64url(base64: string): string {
  return base64
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/={1,2}$/, "");
}

async function derive({ bytes }: RingKey, purpose: KeyPurpose, boundTo?: string): Promise<CryptoKey> {
  const { algorithm, usages } = ALGORITHMS[purpose];
  const root = await crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveKey"]);
  const info = new TextEncoder().encode(
    ["edge-outbox", purpose, ...(boundTo === undefined ? [] : [boundTo])].join(" "),
  );
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info };
  return crypto.subtle.deriveKey(how, root, algorithm, false, [...usages]);
}
