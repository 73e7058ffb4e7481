/**
 * The used part of Node's crypto, which Workers have. WebCrypto is asynchronous, and a list of messages makes a hundred
 * ids.
 */
declare module "node:crypto" {
  export function createHmac(algorithm: "sha256", key: string): Hmac;
  interface Hmac {
    update(data: string): Hmac;
    digest(): Uint8Array;
  }
}
