import type { Clock } from "../platform/clock.ts";
import { emailEventLimits as limits } from "../platform/email-event-limits.ts";
import type { EventRequest } from "./provider-event.ts";

const WORDS = {
  tooLarge: `The body must be at most ${limits.emailEventsBytes} bytes.`,
  brokenOff: `The body ended early, or did not come within ${limits.emailEventBodyMs / 1000} seconds. Send it again.`,
  notText: "The body is not UTF-8. Encode it as UTF-8.",
};

/** A body that is not read to its end, or is no text. */
export class UnreadableBody extends Error {
  override readonly name = "UnreadableBody";
  /** `brokenOff`: it may well be whole when it comes again. */
  readonly why: keyof typeof WORDS;

  constructor(why: keyof typeof WORDS) {
    super(WORDS[why]);
    this.why = why;
  }
}

interface ReadTools {
  clock: Clock;
  /** Called with the number of bytes so far, at each piece; its errors end the reading. */
  onBytes?: (soFar: number) => void;
}

/**
 * Reads the body as it was sent, within its limits of bytes and time, whatever its content-length says.
 * @throws {UnreadableBody}
 */
export async function readRequest(
  { headers, body }: Request,
  { clock, onBytes }: ReadTools,
): Promise<EventRequest> {
  if (Number(headers.get("content-length")) > limits.emailEventsBytes) throw new UnreadableBody("tooLarge");
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of inTime(body, clock)) {
    bytes += chunk.byteLength;
    if (bytes > limits.emailEventsBytes) throw new UnreadableBody("tooLarge");
    onBytes?.(bytes);
    chunks.push(chunk);
  }
  return { headers, body: decoded(chunks) };
}

/** A very slow sender would hold a connection and memory. */
async function* inTime(
  body: ReadableStream<Uint8Array> | null,
  clock: Clock,
): AsyncGenerator<Uint8Array, void> {
  if (!body) return;
  const reader = body.getReader();
  const late = Promise.withResolvers<never>();
  late.promise.catch(() => undefined);
  const cancel = clock.after(limits.emailEventBodyMs, () => late.reject(new UnreadableBody("brokenOff")));
  try {
    for (;;) {
      const { done, value } = await Promise.race([unbroken(reader.read()), late.promise]);
      if (done) return;
      yield value;
    }
  } finally {
    cancel();
    // The rest is not needed.
    void reader.cancel().catch(() => undefined);
  }
}

function unbroken<T>(reading: Promise<T>): Promise<T> {
  return reading.catch(() => {
    throw new UnreadableBody("brokenOff");
  });
}

/** Fatal, because all broken bytes would decode to one character, and the text is verified. */
function decoded(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    const text = chunks.map((chunk) => decoder.decode(chunk, { stream: true }));
    return text.join("") + decoder.decode();
  } catch {
    throw new UnreadableBody("notText");
  }
}
