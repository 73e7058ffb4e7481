import type { Context } from "hono";
import type { z } from "zod";
import { checked } from "../platform/check.ts";
import { parseExact } from "../platform/exact-json.ts";
import { limits } from "../platform/limits.ts";
import { DoorError } from "./problem.ts";

/**
 * The request's JSON in the shape the schema gives it.
 * @throws {DoorError} `unsupported_media_type`, `body_too_large`, `malformed_json`
 * @throws {OutboxError} `invalid_input`
 */
export async function readBody<S extends z.ZodType>(c: Context, schema: S): Promise<z.output<S>> {
  return checked(schema, await readJson(c));
}

async function readJson(c: Context): Promise<unknown> {
  const type = c.req.header("content-type") ?? "";
  if (!/^application\/(json|[^;]+\+json)\s*(;|$)/i.test(type)) {
    throw new DoorError(
      "unsupported_media_type",
      'The body must be JSON: send the header "content-type: application/json".',
    );
  }
  const text = await readText(c.req.raw);
  try {
    return parseExact(text);
  } catch (error) {
    throw new DoorError(
      "malformed_json",
      `The body is not JSON: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** Reads no more than is allowed, whatever the content-length says. */
async function readText(request: Request): Promise<string> {
  const tooLarge = new DoorError("body_too_large", `The body must be at most ${limits.bodyBytes} bytes.`);
  if (Number(request.headers.get("content-length")) > limits.bodyBytes) throw tooLarge;
  if (!request.body) return "";
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  let text = "";
  let bytes = 0;
  try {
    for await (const chunk of request.body) {
      bytes += chunk.byteLength;
      if (bytes > limits.bodyBytes) throw tooLarge;
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) throw new DoorError("malformed_json", "The body is not UTF-8.");
    throw error;
  }
}
