import { emailEventLimits as limits } from "../platform/email-event-limits.ts";
import type { EventRequest } from "./provider-event.ts";

/** A body that no provider sends. */
export class UnreadableBody extends Error {
  override readonly name = "UnreadableBody";
  readonly isTooLarge: boolean;

  constructor(isTooLarge: boolean) {
    super(
      isTooLarge
        ? `The body must be at most ${limits.emailEventsBytes} bytes.`
        : "The body ended early, or is not UTF-8. Send it again.",
    );
    this.isTooLarge = isTooLarge;
  }
}

/**
 * Reads the body as it was sent, within its limit, whatever its content-length says.
 * @throws {UnreadableBody}
 */
export async function readRequest({ headers, body }: Request): Promise<EventRequest> {
  if (Number(headers.get("content-length")) > limits.emailEventsBytes) throw new UnreadableBody(true);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of unbroken(body)) {
    bytes += chunk.byteLength;
    if (bytes > limits.emailEventsBytes) throw new UnreadableBody(true);
    chunks.push(chunk);
  }
  return { headers, body: decoded(chunks) };
}

async function* unbroken(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  if (!body) return;
  try {
    yield* body;
  } catch {
    throw new UnreadableBody(false);
  }
}

/** Fatal, because all broken bytes would decode to one character, and the text is verified. */
function decoded(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    const text = chunks.map((chunk) => decoder.decode(chunk, { stream: true }));
    return text.join("") + decoder.decode();
  } catch {
    throw new UnreadableBody(false);
  }
}
