import { z } from "zod";
import { limits } from "../platform/limits.ts";

const fits = (schema: z.ZodType) => (text: string) => schema.safeParse(text).success;

/** The formats that are checked. Any other is a remark, as the standard has it. */
const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  "date-time": fits(z.iso.datetime({ offset: true })),
  date: fits(z.iso.date()),
  time: fits(
    z.string().regex(/^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/i),
  ),
  duration: fits(z.iso.duration()),
  email: fits(z.email()),
  hostname: fits(z.hostname()),
  ipv4: fits(z.ipv4()),
  ipv6: fits(z.ipv6()),
  uri: (text) => /^[a-z][a-z0-9+.-]*:[\x21-\x7e]*$/i.test(text) && URL.canParse(text),
  uuid: fits(z.guid()),
};

/** Whether a text has a format. One that is longer than any of them may be has none. */
export function hasFormat(format: string, text: string): boolean {
  const check = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  return !check || (text.length <= limits.formattedLength && check(text));
}
