import { z } from "@hono/zod-openapi";
import { limits } from "../platform/limits.ts";

const NOT_A_SIZE = `must be a whole number from 1 to ${limits.pageSizeMax}, in digits`;

/** Query parameters of a page. */
export const pageQuery = z.object({
  limit: z
    .string({ error: NOT_A_SIZE })
    .regex(/^\d+$/, { error: NOT_A_SIZE })
    .transform(Number)
    .refine((size) => size >= 1 && size <= limits.pageSizeMax, { error: NOT_A_SIZE })
    .default(limits.pageSize)
    .openapi({
      type: "integer",
      minimum: 1,
      maximum: limits.pageSizeMax,
      default: limits.pageSize,
      description: "Largest number of entries on the page.",
      example: 50,
    }),
  cursor: z.string().optional().openapi({ description: "`nextCursor` of the previous page." }),
});

/** Schema of a page of these items. */
export function pageShape<S extends z.ZodType>(item: S) {
  return z.object({
    data: z.array(item).openapi({ description: "Entries of the page." }),
    nextCursor: z.string().nullable().openapi({
      description:
        "Cursor of the next page; null on the last page. A filtered page can have fewer entries than `limit`, or none, and still not be the last.",
    }),
  });
}
