/** Writes bytes in base 64, padded. */
export function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** Reads base 64 of either alphabet. Answers undefined for other text, because a decoder's error could quote a secret. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const standard = text.replaceAll("-", "+").replaceAll("_", "/");
    return Uint8Array.from(atob(standard), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}
