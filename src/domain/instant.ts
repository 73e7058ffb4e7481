import { z } from "zod";

/** An instant as ISO 8601 with its offset, in milliseconds since the epoch. */
export const instant = z.iso
  .datetime({ offset: true, error: 'must be an instant as "2026-11-23T20:00:00Z"' })
  .transform((text) => Date.parse(text));
