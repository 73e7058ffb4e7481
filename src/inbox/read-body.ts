import { ConfigError } from "../platform/errors.ts";
import { Refusal } from "./refusal.ts";

/**
 * The body as it was sent, and was signed. Reads no more than is allowed, whatever the content-length says.
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
  // Broken bytes would all read as one and the same character, and it is the text that is verified.
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

/** @throws {Refusal} `malformed_body`: what a parser says of its input would quote it */
export function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Refusal("malformed_body", "The body is signed, but is not JSON. Send JSON.");
  }
}
