/** An order as shops send it, with as many lines as make so many bytes of JSON. The same for the same number. */
export function order(n: number, bytes: number): unknown {
  const pick = picking(n);
  const lines: unknown[] = [];
  const whole = {
    id: `order-${n}`,
    customer: `customer-${pick(100_000)}`,
    total: pick(100_000) / 100,
    lines,
  };
  for (let left = bytes - JSON.stringify(whole).length; left > 0; ) {
    if (left < LINE_BYTES) return { ...whole, note: words(pick, left - 10) };
    const line = {
      sku: `SKU-${pick(1_000_000)}`,
      title: words(pick, 24),
      quantity: 1 + pick(5),
      price: { amount: pick(100_000), currency: "EUR" },
      id: Array.from({ length: 4 }, () => pick(65_536).toString(16).padStart(4, "0")).join("-"),
    };
    lines.push(line);
    left -= JSON.stringify(line).length + 1;
  }
  return whole;
}

/** More than a line of an order takes. */
const LINE_BYTES = 150;

/** Text that nothing makes smaller, as a signature or an image in base 64 is, of so many bytes as JSON. */
export function noise(n: number, bytes: number): unknown {
  const pick = picking(n);
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return Array.from({ length: bytes - 2 }, () => alphabet.charAt(pick(64))).join("");
}

const WORDS = "red blue small large cotton steel wooden lamp table shirt cup chair soft old new light".split(
  " ",
);

function words(pick: (n: number) => number, length: number): string {
  let text = "";
  while (text.length < length) text += `${WORDS[pick(WORDS.length)]} `;
  return text.slice(0, Math.max(length, 0)).trim();
}

/** Numbers from 0 to before n, the same for the same seed (mulberry32). */
function picking(seed: number): (n: number) => number {
  let state = seed | 0;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}
