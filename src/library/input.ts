import * as z from "zod";
import { checked } from "../platform/check.ts";
import { leftOutAs } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";

/** An instant, as text in ISO 8601 with its offset, or as a `Date`. */
export type Instant = string | Date;

/** Beginning and size of a page. */
export interface PageQuery {
  /** Largest number of entries, from 1 to 100. Defaults to 50. */
  limit?: number;
  /** `nextCursor` of the page before. Defaults to the first page. */
  cursor?: string;
}

/** Messages committed within a span of time. */
export interface SpanQuery {
  /** Committed at this instant or later. */
  since?: Instant;
  /** Committed before this instant. */
  until?: Instant;
}

const NOT_A_SIZE = `must be a whole number from 1 to ${limits.pageSizeMax}`;
const page = {
  limit: leftOutAs(
    z.int({ error: NOT_A_SIZE }).min(1, { error: NOT_A_SIZE }).max(limits.pageSizeMax, { error: NOT_A_SIZE }),
    limits.pageSize,
  ),
  cursor: z.string().optional(),
};

/** Filter and page of a list, as the API has them, without null, which a query string cannot express. */
export function queryOf<S extends z.ZodRawShape>(filter: z.ZodObject<S>) {
  return z.preprocess(withoutNulls, filter.extend(page).strict());
}

export function withoutNulls(query: unknown): unknown {
  if (typeof query !== "object" || query === null || Array.isArray(query)) return query;
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== null));
}

export const pageQuery = queryOf(z.strictObject({}));

/**
 * Input in the API's form, with instants that were a `Date` as text.
 * @throws {OutboxError} `invalid_input`
 */
export function read<S extends z.ZodType>(schema: S, input: unknown = {}): z.output<S> {
  return checked(schema, withTexts(input));
}

function withTexts(input: unknown): unknown {
  if (typeof input !== "object" || input === null || Object.getPrototypeOf(input) !== Object.prototype)
    return input;
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, textOf(value)]));
}

function textOf(value: unknown): unknown {
  return value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : value;
}
