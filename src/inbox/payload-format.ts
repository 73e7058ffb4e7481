import { parseInstant } from "../domain/parse-instant.ts";
import type { PayloadFormat } from "../domain/states.ts";
import { Refusal } from "./refusal.ts";

/** Content of a body. */
interface Content {
  eventType: string | null;
  occurredAt: Date | null;
  payload: unknown;
}

/**
 * Reads a body in the format agreed with its sender. The format is not guessed, because a raw payload may have the keys
 * of an envelope, written by somebody else.
 * @throws {Refusal} `malformed_body`
 */
export function contentOf(body: unknown, format: PayloadFormat): Content {
  const type = textOf(body, "type");
  if (format === "raw") return { eventType: type ?? null, occurredAt: null, payload: body };
  const occurredAt = parseInstant(textOf(body, "timestamp") ?? "");
  if (!type || occurredAt === undefined || !has(body, "data")) {
    throw new Refusal(
      "malformed_body",
      'The body is not { "type", "timestamp", "data" }. The inbox takes other bodies with its option payloadFormat: "raw".',
    );
  }
  return { eventType: type, occurredAt: new Date(occurredAt), payload: body.data };
}

function textOf(body: unknown, key: string): string | undefined {
  const value = has(body, key) ? body[key] : undefined;
  return typeof value === "string" ? value : undefined;
}

function has<K extends string>(body: unknown, key: K): body is Record<K, unknown> {
  return typeof body === "object" && body !== null && Object.hasOwn(body, key);
}
