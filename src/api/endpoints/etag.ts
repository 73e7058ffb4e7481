import type { Context } from "hono";
import { invalid } from "../../platform/errors.ts";
import type { Endpoint } from "../../registry/endpoints.ts";

/** The version of an endpoint as an entity tag (RFC 9110, 8.8.3). Health of the endpoint has no version. */
export function etagOf({ version }: Pick<Endpoint, "version">): string {
  return `"${version}"`;
}

/** RFC 9110, 8.8.3: an entity tag, or none, between two commas. */
const ELEMENT = /[ \t]*(?:(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)")?[ \t]*(?:,|$)/y;
const VERSION = /^[1-9]\d{0,14}$/;

/**
 * The versions that the caller's `If-Match` names; undefined for any version. A weak tag counts as a strong one,
 * because Cloudflare weakens tags when it compresses. A foreign tag names no version.
 * @throws {OutboxError} `invalid_input`
 */
export function versionsAsked(c: Context): number[] | undefined {
  const asked = c.req.header("if-match");
  if (asked === undefined || asked.trim() === "*") return undefined;
  const tags = tagsIn(asked);
  if (!tags) throw invalid("If-Match", 'must be ETags of this endpoint, as "3" with its quotes, or *');
  return tags.filter((tag) => VERSION.test(tag)).map(Number);
}

/** The tags of a list; undefined unless it is a list of at least one entity tag. */
function tagsIn(text: string): string[] | undefined {
  const tags: string[] = [];
  ELEMENT.lastIndex = 0;
  while (ELEMENT.lastIndex < text.length) {
    const element = ELEMENT.exec(text);
    if (!element) return undefined;
    if (element[1] !== undefined) tags.push(element[1]);
  }
  return tags.length > 0 ? tags : undefined;
}
