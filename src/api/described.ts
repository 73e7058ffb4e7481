import type { z } from "@hono/zod-openapi";

/**
 * A copy of a room's schema that says in the document what its fields mean. In the room, apps without the API would carry the
 * words, too.
 */
export function described<S extends z.ZodObject>(
  schema: S,
  words: { readonly [Field in keyof S["shape"]]?: string },
): S {
  const fields = Object.entries<string | undefined>(words).map(([field, text = ""]) => [
    field,
    (schema.shape[field] as z.ZodType).describe(text),
  ]);
  return schema.safeExtend(Object.fromEntries(fields)) as unknown as S;
}

/** A copy of a list that says what the fields of its items mean. */
export function describedItems<S extends z.ZodObject>(
  list: z.ZodArray<S>,
  words: Parameters<typeof described<S>>[1],
): z.ZodArray<S> {
  return list.clone({ ...list.def, element: described(list.element, words) });
}
