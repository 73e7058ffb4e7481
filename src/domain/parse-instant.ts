const DAY_MS = 24 * 3600 * 1000;
const INSTANT =
  /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:[Zz]|([+-])(\d{2})(?::?(\d{2}))?)$/;

/**
 * An instant in milliseconds since the epoch: ISO 8601 with an offset, as java.time, Go, .NET, Python and JavaScript write it.
 * Seconds may be left out. Digits beyond milliseconds are cut off. A leap second is the second after it.
 */
export function parseInstant(text: string): number | undefined {
  const [, date = "", hour, minute, second = "0", fraction = "", sign, offsetHour = "0", offsetMinute = "0"] =
    INSTANT.exec(text) ?? [];
  const midnight = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== date) return undefined;
  const [hours, minutes, seconds] = [Number(hour), Number(minute), Number(second)];
  const [offsetHours, offsetMinutes] = [Number(offsetHour), Number(offsetMinute)];
  if (hours > 23 || minutes > 59 || seconds > 60 || offsetHours > 23 || offsetMinutes > 59) return undefined;
  const offset = (sign === "-" ? -1 : 1) * (offsetHours * 60 + offsetMinutes);
  const toTheSecond = midnight + ((hours * 60 + minutes - offset) * 60 + seconds) * 1000;
  // Leap seconds are inserted at the end of a day in UTC.
  if (seconds === 60 && toTheSecond % DAY_MS !== 0) return undefined;
  return toTheSecond + Number(fraction.padEnd(3, "0").slice(0, 3));
}
