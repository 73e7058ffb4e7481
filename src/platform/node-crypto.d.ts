/** The used part of Node's crypto and Buffer, which Workers have. The types of all of Node contradict those of Workers. */
declare module "node:crypto" {
  interface Hash {
    update(data: string | Uint8Array): Hash;
    digest(): Uint8Array;
    digest(encoding: "hex"): string;
  }
  export function createHash(algorithm: "sha256"): Hash;
  export function createHmac(algorithm: "sha256", key: string): Hash;
  export class X509Certificate {
    constructor(pem: string);
    readonly validFrom: string;
    readonly validTo: string;
    readonly publicKey: { export(options: { type: "spki"; format: "der" }): Uint8Array };
  }
}
declare module "node:buffer" {
  interface Bytes extends Uint8Array<ArrayBuffer> {
    toString(encoding?: "base64" | "hex"): string;
  }
  export const Buffer: {
    from(text: string, encoding: "base64" | "hex"): Bytes;
    from(bytes: ArrayBuffer | Uint8Array): Bytes;
  };
}
