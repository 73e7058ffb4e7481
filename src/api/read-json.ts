import type { Context, MiddlewareHandler } from "hono";
import { parseExact } from "../platform/exact-json.ts";
import { limits } from "../platform/limits.ts";
import type { ApiEnv } from "./app.ts";
import { jsonDepth } from "./json-depth.ts";
import { DoorError } from "./problem.ts";

/**
 * Reads a request's body before anything else looks at it: no more bytes than are allowed, only UTF-8, not nested
 * too deeply, with the digits of its numbers. From then on `c.req.json()` answers with that.
 * `optional`: no body counts as `{}`.
 * @throws {DoorError} `unsupported_media_type`, `body_too_large`, `malformed_json`
 */
export function readJson({
  optional = false,
  maxBytes = limits.bodyBytes as number,
} = {}): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const text = await readText(c.req.raw, maxBytes);
    const isDeclared = c.req.header("content-type") !== undefined;
    if (text !== "" || isDeclared || !optional) requireJson(c);
    const value = text === "" && optional ? {} : parse(text);
    c.set("bodyText", text);
    c.req.json = async <T>() => value as T;
    // Those who validate look once more whether there is a body; the stream is used up.
    c.req.arrayBuffer = async () => new ArrayBuffer(text.length);
    await next();
  };
}

function requireJson(c: Context) {
  const type = c.req.header("content-type") ?? "";
  if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type)) {
    throw new DoorError(
      "unsupported_media_type",
      'The body must be JSON: send the header "content-type: application/json".',
    );
  }
  const coding = c.req.header("content-encoding") ?? "identity";
  if (coding.toLowerCase() !== "identity") {
    throw new DoorError("unsupported_media_type", 'The body must not be compressed: no "content-encoding".');
  }
}

/** What a parser says of its input quotes it: only the place is repeated. */
function parse(text: string): unknown {
  if (text === "") throw new DoorError("malformed_json", "The body is empty, and must be JSON.");
  if (jsonDepth(text) > limits.jsonDepth) {
    throw new DoorError("malformed_json", `The body is nested more than ${limits.jsonDepth} levels deep.`);
  }
  try {
    return parseExact(text);
  } catch (error) {
    const [where] = /position \d+( \(line \d+ column \d+\))?/.exec(String(error)) ?? [];
    throw new DoorError("malformed_json", `The body is not JSON${where ? `: look at ${where}` : ""}.`);
  }
}

/** Reads no more than is allowed, whatever the content-length says. */
async function readText(request: Request, maxBytes: number): Promise<string> {
  const tooLarge = new DoorError("body_too_large", `The body must be at most ${maxBytes} bytes.`);
  if (Number(request.headers.get("content-length")) > maxBytes) throw tooLarge;
  if (!request.body) return "";
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  let text = "";
  let bytes = 0;
  for await (const chunk of unbroken(request.body)) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge;
    text += decode(decoder, chunk);
  }
  return text + decode(decoder);
}

/** That a body breaks off is its sender's doing; the error of the stream looks like one of the database. */
async function* unbroken(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch {
    throw new DoorError("malformed_json", "The body broke off before its end.");
  }
}

function decode(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
  } catch {
    throw new DoorError("malformed_json", "The body is not UTF-8.");
  }
}
