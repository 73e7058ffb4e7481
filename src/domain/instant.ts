import * as z from "zod";
import { parseInstant } from "./parse-instant.ts";

export const NOT_AN_INSTANT =
  'must be an instant with its offset, as "2026-11-23T20:00:00Z" or "2026-11-23T21:00:00+01:00"';

/** An instant as text, kept as text. */
const instantText = z
  .string({ error: NOT_AN_INSTANT })
  .refine((text) => parseInstant(text) !== undefined, { error: NOT_AN_INSTANT })
  .meta({ format: "date-time" });

/** An instant as text, parsed to milliseconds since the epoch. */
export const instantInput = instantText.transform((text) => parseInstant(text) ?? Number.NaN);
