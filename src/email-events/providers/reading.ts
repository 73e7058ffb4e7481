import { MESSAGE_TAG, TENANT_TAG } from "../../domain/email-tags.ts";
import { parseInstant } from "../../domain/parse-instant.ts";
import { emailEventLimits as limits } from "../../platform/email-event-limits.ts";
import type { ProviderEvent } from "../provider-event.ts";

/** A JSON object of which nothing is known. */
export type Fields = Readonly<Record<string, unknown>>;

/** The object at a path, or an empty one. */
export function objectAt(value: unknown, ...path: readonly string[]): Fields {
  const found = path.reduce((inner: unknown, name) => (isObject(inner) ? inner[name] : undefined), value);
  return isObject(found) ? found : {};
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Parses JSON; undefined for other text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A text of some length; a number counts as one. Null for anything else. */
export function textOf(value: unknown, length: number = limits.emailEventIdLength): string | null {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value.slice(0, length).toWellFormed() : null;
}

/** Words of a mail server, cut to what is kept of them: the first of several that is there. */
export function wordsOf(...values: readonly unknown[]): string | null {
  const words = values.flat().find((one) => typeof one === "string" && one !== "");
  return textOf(words, limits.emailEventDetailLength);
}

export function textsOf(value: unknown): string[] {
  return [value].flat().filter((one): one is string => typeof one === "string");
}

/** An instant as ISO 8601, or as seconds since the epoch. */
export function instantOf(value: unknown): number | null {
  if (typeof value === "number" && Number.isFinite(value)) return Math.floor(value * 1000);
  return typeof value === "string" ? (parseInstant(value) ?? null) : null;
}

/** Our ids among the tags of an e-mail: an object by their names, whose values may be lists. */
export function tagsOf(tags: Fields): ProviderEvent["tags"] {
  const [messageId] = textsOf(tags[MESSAGE_TAG]);
  const [tenantId] = textsOf(tags[TENANT_TAG]);
  return messageId && tenantId ? { messageId, tenantId } : null;
}
