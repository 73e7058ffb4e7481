import { createHash } from "node:crypto";

/** How a call ends. `untold`: the card is charged, and nobody is told: the connection breaks, or stays silent. */
export interface Fate {
  kind: "told" | "failed" | "broken" | "silent";
  delayMs: number;
}

/** How often calls fail, each a share from 0 to 1, and how long they take at least and at most. */
export interface Temper {
  seed: number;
  failing: number;
  broken: number;
  silent: number;
  delayMs: readonly [number, number];
}

/**
 * Fate of the n-th call with a key. It depends on nothing else, so that the same seed brings the same misfortunes,
 * whatever happens at the same time.
 */
export function fateOf(temper: Temper, idempotencyKey: string, call: number): Fate {
  const digest = createHash("sha256").update(`${temper.seed} ${idempotencyKey} ${call}`).digest("hex");
  const [luck, haste] = [0, 8].map((at) => Number.parseInt(digest.slice(at, at + 8), 16) / 2 ** 32) as [
    number,
    number,
  ];
  const [least, most] = temper.delayMs;
  return { kind: kindOf(temper, luck), delayMs: Math.round(least + haste * (most - least)) };
}

function kindOf({ failing, broken, silent }: Temper, luck: number): Fate["kind"] {
  if (luck < failing) return "failed";
  if (luck < failing + broken) return "broken";
  return luck < failing + broken + silent ? "silent" : "told";
}
