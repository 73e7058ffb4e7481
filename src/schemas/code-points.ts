/** Code points from `from` to `to`, both included. */
export type Range = readonly [from: number, to: number];

const LAST = 0x10ffff;
/** Where characters are assigned one by one. Elsewhere a plane is alike but for its last two code points. */
const MIXED: readonly Range[] = [
  [0, 0x33fff],
  [0xe0000, 0xe0fff],
];
const PLANE = 0x10000;

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
/** What `.` does not match. */
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

/** Properties that were asked for: looking one up takes the runtime some 20 ms. ECMA-262 knows some hundred of them. */
const known = new Map<string, readonly Range[]>();

/** The code points that have a property of Unicode, as this runtime knows it. `name`: as in `\p{name}`. */
export function withProperty(name: string): readonly Range[] {
  const found = known.get(name) ?? lookUp(new RegExp(`^\\p{${name}}`, "u"));
  known.set(name, found);
  return found;
}

function lookUp(property: RegExp): Range[] {
  const ranges: Range[] = [];
  const add = (from: number, to: number) => {
    if (!property.test(String.fromCodePoint(from))) return;
    const last = ranges.at(-1);
    if (last && last[1] === from - 1) ranges[ranges.length - 1] = [last[0], to];
    else ranges.push([from, to]);
  };
  let at = 0;
  while (at <= LAST) {
    const mixed = MIXED.some(([from, to]) => at >= from && at <= to);
    const endOfPlane = at - (at % PLANE) + PLANE - 1;
    const nextMixed = MIXED.find(([from]) => from > at)?.[0] ?? LAST + 1;
    const isNonCharacter = at % PLANE >= PLANE - 2;
    const to = mixed || isNonCharacter ? at : Math.min(endOfPlane - 2, nextMixed - 1);
    add(at, to);
    at = to + 1;
  }
  return ranges;
}
