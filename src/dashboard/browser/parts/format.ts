import { language, w } from "../words/words.ts";

/** A count with its thousands apart. `capped`: it stopped counting there. */
export function count(n: number, capped = false): string {
  return `${new Intl.NumberFormat(language).format(n)}${capped ? "+" : ""}`;
}

/** A count that the API has bounded. */
export function bounded({ count: n, capped }: { count: number; capped: boolean }): string {
  return count(n, capped);
}

/** How many there are in a minute. */
export function rate(perMinute: number): string {
  if (perMinute > 0 && perMinute < 1) return "< 1";
  return new Intl.NumberFormat(language, {
    maximumSignificantDigits: perMinute < 10 ? 2 : 6,
    maximumFractionDigits: 0,
    roundingPriority: "lessPrecision",
  }).format(perMinute);
}

/** A share. All is told of all alone, and none of none alone. */
export function percent(share: number): string {
  const isSome = share > 0 && share < 1;
  const told = isSome ? Math.min(Math.max(share, 0.001), 0.999) : share;
  const digits = isSome && (told < 0.1 || told > 0.99) ? 1 : 0;
  const text = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: digits }).format(
    told,
  );
  return `${told > share ? "< " : told < share ? "> " : ""}${text}`;
}

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
] as const;

/** A duration with its largest unit, such as "31 ms", "5.1 s" or "3 h 20 min". */
export function duration(ms: number): string {
  const unit = (value: number, name: string, digits = 0) =>
    new Intl.NumberFormat(language, {
      style: "unit",
      unit: name,
      unitDisplay: name === "day" ? "long" : "short",
      maximumFractionDigits: digits,
    }).format(value);
  const most = Math.abs(ms);
  if (most < 999.5) return unit(Math.round(ms), "millisecond");
  if (most < 9950) return unit(ms / 1000, "second", 1);
  if (most < 59_500) return unit(Math.round(ms / 1000), "second");
  if (most < 60_000) return unit(Math.sign(ms), "minute");
  const at = UNITS.findIndex(([, size]) => most >= size);
  const [name, size] = UNITS[at] ?? UNITS[3];
  const [nextName, nextSize] = UNITS[at + 1] ?? UNITS[3];
  const whole = Math.floor(ms / size);
  const rest = Math.floor((ms - whole * size) / nextSize);
  return rest > 0 ? `${unit(whole, name)} ${unit(rest, nextName)}` : unit(whole, name);
}

/** An instant as seen from now, such as "5 minutes ago" or "in 2 hours". */
export function relative(at: number, now: number): string {
  const ms = at - now;
  if (Math.abs(ms) < 1000) return w.common.now;
  // A unit is told from the count on that rounds to one of it: not 60 seconds, but a minute.
  const [name, size] =
    UNITS.find(([, one], n) => Math.abs(ms) >= one - (UNITS[n + 1]?.[1] ?? 0) / 2) ?? UNITS[3];
  const format = new Intl.RelativeTimeFormat(language, { numeric: "always", style: "short" });
  // English ends short units with a period, which would end sentences too.
  return format.format(Math.round(ms / size), name).replaceAll(".", "");
}

/** An instant in the reader's zone, to the second. */
export function localTime(at: number): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "long" }).format(at);
}

/** An instant exactly, in the reader's zone and in UTC. */
export function exact(at: number): string {
  return `${localTime(at)} · ${new Date(at).toISOString()}`;
}

export function clockTime(at: number): string {
  return new Intl.DateTimeFormat(language, { timeStyle: "medium" }).format(at);
}

const DAY = { day: "numeric", month: "short" } as const;
const MINUTE = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;

/** A stretch of time, in the reader's zone. */
export function stretch(at: number, ms: number): string {
  return new Intl.DateTimeFormat(language, { ...DAY, ...MINUTE }).formatRange(at, at + ms);
}

/** An instant beside an axis: the day at its beginning, else the time. */
export function axisTime(at: number): string {
  const local = new Date(at);
  const isMidnight = local.getHours() === 0 && local.getMinutes() === 0;
  return new Intl.DateTimeFormat(language, isMidnight ? DAY : MINUTE).format(at);
}

/** An amount of bytes: in powers of 1024, as limits are set, or of 1000, as the size of the database is. */
export function bytes(n: number, base: 1024 | 1000 = 1024): string {
  const units = base === 1024 ? ["B", "KiB", "MiB", "GiB"] : ["B", "kB", "MB", "GB"];
  const power = Math.max(
    units.findLastIndex((_, one) => n >= base ** one),
    0,
  );
  const text = new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(n / base ** power);
  return `${text} ${units[power]}`;
}

/** A long id with its middle left out. */
export function shortened(id: string): string {
  return id.length > 20 ? `${id.slice(0, 10)}…${id.slice(-5)}` : id;
}

/**
 * Text of strangers with what a reader would not see written out: controls, zero-width characters, and marks that turn
 * the direction of what follows. https://trojansource.codes/
 */
export function visible(text: string): string {
  return text.toWellFormed().replaceAll(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be seen
    /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (one) => `⟨${(one.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}⟩`,
  );
}
