/** A key that nobody else makes. `crypto.randomUUID` is there only where a page is served over https. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16)).join("-");
}
