/** Bits of a hash: a name that is none of 1,440 is taken for one of them once in 2,900 times. */
const BITS = 22;

/** Hash by which a name is told from others, of `BITS` bits: FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv. */
export function hashOfName(name: string): number {
  let hash = 0x811c9dc5;
  for (const char of name) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  return hash >>> (32 - BITS);
}
