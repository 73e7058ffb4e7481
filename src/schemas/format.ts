import * as z from "zod";
import { limits } from "../platform/limits.ts";

const fits = (schema: z.ZodType) => (text: string) => schema.safeParse(text).success;
const matches = (pattern: RegExp) => (text: string) => pattern.test(text);

const isDate = fits(z.iso.date());
const isIpv6 = fits(z.ipv6());
const TIME = /^(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:z|([+-])(\d\d):(\d\d))$/i;
const MINUTES_PER_DAY = 24 * 60;

/** RFC 3339, with an offset; a leap second comes at the end of a day in UTC. */
function isTime(text: string): boolean {
  const [, hour, minute, second, sign, offsetHour = 0, offsetMinute = 0] = TIME.exec(text) ?? [];
  if (hour === undefined) return false;
  const inRange = Number(hour) < 24 && Number(minute) < 60 && Number(second) <= 60;
  if (!inRange || Number(offsetHour) > 23 || Number(offsetMinute) > 59) return false;
  if (Number(second) < 60) return true;
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * (sign === "-" ? -1 : 1);
  const utc = Number(hour) * 60 + Number(minute) - offset + MINUTES_PER_DAY;
  return utc % MINUTES_PER_DAY === MINUTES_PER_DAY - 1;
}

function isDateTime(text: string): boolean {
  return /^t$/i.test(text.charAt(10)) && isDate(text.slice(0, 10)) && isTime(text.slice(11));
}

/** RFC 3339, appendix A: units one after the other, none left out between two. */
const DATE_PART = "(?:\\d+Y(?:\\d+M(?:\\d+D)?)?|\\d+M(?:\\d+D)?|\\d+D)";
const TIME_PART = "T(?:\\d+H(?:\\d+M(?:\\d+S)?)?|\\d+M(?:\\d+S)?|\\d+S)";
const DURATION = new RegExp(`^P(?:\\d+W|${DATE_PART}(?:${TIME_PART})?|${TIME_PART})$`);

/** RFC 5321's mailbox without its quoted local parts: an address that a mail service takes. */
const LOCAL = "[\\w!#$%&'*+/=?^`{|}~-]+";
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const EMAIL = new RegExp(`^${LOCAL}(?:\\.${LOCAL})*@(?:${LABEL}\\.)+${LABEL}$`, "i");

/** RFC 1123; a label with hyphens in its third and fourth place is punycode or nothing. */
const HOSTNAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`, "i");
const isHostname = (text: string) =>
  text.length <= limits.hostnameLength && HOSTNAME.test(text) && !/(?:^|\.)(?!xn--)..--/i.test(text);

/** RFC 3986. */
const PERCENT = "%[0-9a-f]{2}";
const IN_NAME = `[\\w\\-.~!$&'()*+,;=]|${PERCENT}`;
const IN_PATH = `${IN_NAME}|[:@/]`;
const AUTHORITY = `//(?:(?:${IN_NAME}|:)*@)?(?:\\[(?<address>[0-9a-fv:.]+)\\]|(?:${IN_NAME})*)(?::\\d*)?(?:/(?:${IN_PATH})*)?`;
const PATH = `(?!//)(?:${IN_PATH})*`;
const URI = new RegExp(
  `^[a-z][a-z0-9+.-]*:(?:${AUTHORITY}|${PATH})(?:\\?(?:${IN_PATH}|\\?)*)?(?:#(?:${IN_PATH}|\\?)*)?$`,
  "i",
);

function isUri(text: string): boolean {
  const parts = URI.exec(text);
  const address = parts?.groups?.["address"];
  return parts !== null && (address === undefined || /^v/i.test(address) || isIpv6(address));
}

/** The checked formats. Others are ignored, as in the standard. */
const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  "date-time": isDateTime,
  date: isDate,
  time: isTime,
  duration: matches(DURATION),
  email: matches(EMAIL),
  hostname: isHostname,
  ipv4: fits(z.ipv4()),
  ipv6: isIpv6,
  uri: isUri,
  uuid: fits(z.guid()),
};

/** True if a text has a format. A text beyond the longest of any format has none. */
export function hasFormat(format: string, text: string): boolean {
  const check = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  return !check || (text.length <= limits.formattedLength && check(text));
}
