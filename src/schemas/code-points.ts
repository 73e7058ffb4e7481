/** Code points from `from` to `to`, both included. */
export type Range = readonly [from: number, to: number];

const LAST = 0x10ffff;
const PLANE = 0x10000;

/**
 * Stretches with individually assigned characters. Half surrogates are apart, because two halves in a row would form a
 * character.
 */
const MIXED: readonly Range[] = [
  [0, 0xd7ff],
  [0xd800, 0xdbff],
  [0xdc00, 0xdfff],
  [0xe000, 0xffff],
  [PLANE, 0x33fff],
  [0xe0000, 0xe0fff],
];

/** Elsewhere a plane is uniform, except its last two code points. */
const ALIKE: readonly Range[] = Array.from({ length: 14 }, (_, number) => (number + 3) * PLANE).flatMap(
  (plane): Range[] => [
    [
      (MIXED.find(([from, to]) => from <= plane + 0xfff && to >= plane)?.[1] ?? plane - 1) + 1,
      plane + 0xfffd,
    ],
    [plane + 0xfffe, plane + 0xffff],
  ],
);

/** White space and line ends, as ECMA-262 has them for `\s`. */
export const SPACES: readonly Range[] = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
/** Code points that `.` does not match. */
export const LINE_ENDS: readonly Range[] = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
];

/** All code points that are not in the ranges, which are in order. */
export function complement(ranges: readonly Range[]): Range[] {
  const gaps: Range[] = [];
  let next = 0;
  for (const [from, to] of ranges) {
    if (from > next) gaps.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= LAST) gaps.push([next, LAST]);
  return gaps;
}

/** Cache of properties, because a look-up takes some milliseconds. ECMA-262 has some hundred of them. */
const known = new Map<string, readonly Range[]>();

/** Code points with a property of Unicode, as this runtime knows it. `name`: as in `\p{name}`. */
export function withProperty(name: string): readonly Range[] {
  const found = known.get(name) ?? lookUp(name);
  known.set(name, found);
  return found;
}

function lookUp(name: string): Range[] {
  const has = new RegExp(`^\\p{${name}}`, "u");
  const alike = ALIKE.filter(([from]) => has.test(String.fromCodePoint(from)));
  return joined([...mixedTexts().flatMap(([from, text]) => runsOf(name, from, text)), ...alike]);
}

/** A search for runs takes a tenth of the time of testing each character. */
function runsOf(name: string, from: number, text: string): Range[] {
  const width = from < PLANE ? 1 : 2;
  return [...text.matchAll(new RegExp(`\\p{${name}}+`, "gu"))].map(({ index, 0: run }) => {
    const first = from + index / width;
    return [first, first + run.length / width - 1];
  });
}

let texts: readonly (readonly [from: number, text: string])[] | undefined;

/** All characters of each mixed stretch, in order. */
function mixedTexts() {
  texts ??= MIXED.map(([from, to]) => [from, textOf(from, to)] as const);
  return texts;
}

const PIECE = 4096;

function textOf(from: number, to: number): string {
  const pieces = Array.from({ length: Math.ceil((to - from + 1) / PIECE) }, (_, number) => {
    const start = from + number * PIECE;
    return String.fromCodePoint(
      ...Array.from({ length: Math.min(PIECE, to - start + 1) }, (_, n) => start + n),
    );
  });
  return pieces.join("");
}

/** In order, and neighbours as one. */
function joined(ranges: readonly Range[]): Range[] {
  const all: Range[] = [];
  for (const range of ranges.toSorted(([a], [b]) => a - b)) {
    const last = all.at(-1);
    if (last && last[1] === range[0] - 1) all[all.length - 1] = [last[0], range[1]];
    else all.push(range);
  }
  return all;
}
