import type { Context } from "hono";
import { invalid } from "../platform/errors.ts";
import type { Endpoint } from "../registry/endpoints.ts";

/** The version of an endpoint as an entity tag (RFC 9110, 8.8.3). What is held against it by its failures has none. */
export function etagOf({ version }: Pick<Endpoint, "version">): string {
  return `"${version}"`;
}

/**
 * The version that the caller's `If-Match` names; undefined when any will do.
 * @throws {OutboxError} `invalid_input`
 */
export function versionAsked(c: Context): number | undefined {
  const asked = c.req.header("if-match");
  if (asked === undefined || asked.trim() === "*") return undefined;
  const [, version] = /^\s*"(\d{1,15})"\s*$/.exec(asked) ?? [];
  if (version === undefined)
    throw invalid("If-Match", 'must be one ETag of this endpoint, as "3" with its quotes, or *');
  return Number(version);
}
