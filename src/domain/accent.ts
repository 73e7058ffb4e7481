/** Grounds of the pages on which text is hardest to read: `--raised` of `tokens.css`. */
export const GROUNDS = { light: "#eef0f4", dark: "#24282e" } as const;
/** Least contrast of text, by WCAG 2.2, 1.4.3. */
const READABLE = 4.5;
const STEPS = 64;

/**
 * The colour of an accent on light grounds, and on dark ones: the colour itself where it is readable, else the nearest
 * mix that is, darker or lighter. `hex`: three digits or six.
 */
export function readableAccent(hex: string): { light: string; dark: string } {
  const color = (hex.length === 4 ? hex.replaceAll(/\w/g, "$&$&") : hex).toLowerCase();
  return {
    light: readableOn(GROUNDS.light, color, "#000000"),
    dark: readableOn(GROUNDS.dark, color, "#ffffff"),
  };
}

function readableOn(ground: string, color: string, end: string): string {
  const mixes = Array.from({ length: STEPS + 1 }, (_, step) => mix(color, end, step / STEPS));
  return mixes.find((one) => contrast(one, ground) >= READABLE) ?? end;
}

function mix(color: string, end: string, share: number): string {
  const ends = channelsOf(end);
  const mixed = channelsOf(color).map((from, n) => Math.round(from + ((ends[n] ?? from) - from) * share));
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
export function contrast(one: string, other: string): number {
  const [brighter = 0, darker = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (brighter + 0.05) / (darker + 0.05);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = channelsOf(color).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function channelsOf(color: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
}
