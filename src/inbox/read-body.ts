import { ConfigError } from "../platform/errors.ts";
import { Refusal } from "./refusal.ts";

/**
 * Reads the body as sent and signed, within its limit, whatever the content-length says.
 * @throws {Refusal} `body_too_large`, `malformed_body`
 */
export async function readBody(request: Request, maxBytes: number): Promise<string> {
  if (request.bodyUsed) {
    throw new ConfigError(
      "The body was read before it reached the inbox, which must verify the bytes as sent. Mount the inbox before any " +
        "middleware that reads bodies.",
    );
  }
  const tooLarge = new Refusal("body_too_large", `The body must be at most ${maxBytes} bytes.`);
  if (Number(request.headers.get("content-length")) > maxBytes) throw tooLarge;
  // Fatal, because all broken bytes would decode to one character, and the text is verified.
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let text = "";
  let bytes = 0;
  for await (const chunk of unbroken(request)) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge;
    text += decode(() => decoder.decode(chunk, { stream: true }));
  }
  return text + decode(() => decoder.decode());
}

/** A broken body is the sender's fault; the stream's error would look like one of the database. */
async function* unbroken({ body }: Request): AsyncGenerator<Uint8Array> {
  if (!body) return;
  try {
    yield* body;
  } catch {
    throw new Refusal("malformed_body", "The body ended early. Send the webhook again.");
  }
}

function decode(act: () => string): string {
  try {
    return act();
  } catch {
    throw new Refusal("malformed_body", "The body is not UTF-8. Encode it as UTF-8.");
  }
}

/** @throws {Refusal} `malformed_body`, without the parser's message, which would quote the input */
export function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Refusal("malformed_body", "The body is signed, but is not JSON. Send JSON.");
  }
}
