import type { Clock } from "../../platform/clock.ts";
import { limits } from "../../platform/limits.ts";
import { DoorError } from "./problem.ts";

/**
 * All bytes of a body: no more than are allowed, whatever the content-length says, and not for longer than a body may take.
 * @throws {DoorError} `body_too_large`, `body_timeout`, `malformed_json` when it breaks off; and what `onBytes`
 * throws, which is told of each piece as it comes
 */
export async function readBody(
  request: Request,
  maxBytes: number,
  clock: Clock,
  onBytes: (bytes: number) => void,
): Promise<Uint8Array> {
  const tooLarge = new DoorError("body_too_large", `The body must be at most ${maxBytes} bytes.`);
  if (Number(request.headers.get("content-length")) > maxBytes) throw tooLarge;
  if (!request.body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of inTime(request.body, clock)) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge;
    onBytes(chunk.byteLength);
    chunks.push(chunk);
  }
  return joined(chunks, bytes);
}

/** A sender of a byte now and then would hold a connection and memory. */
async function* inTime(body: ReadableStream<Uint8Array>, clock: Clock): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  const late = Promise.withResolvers<never>();
  late.promise.catch(() => undefined);
  const cancel = clock.after(limits.bodyMs, () => {
    late.reject(
      new DoorError("body_timeout", `The body did not come within ${limits.bodyMs / 1000} seconds.`),
    );
  });
  try {
    for (;;) {
      const { done, value } = await Promise.race([unbroken(reader.read()), late.promise]);
      if (done) return;
      yield value;
    }
  } finally {
    cancel();
    // The rest need not come.
    void reader.cancel().catch(() => undefined);
  }
}

/** A body that breaks off is its sender's doing; the error of the stream looks like one of the database. */
function unbroken<T>(reading: Promise<T>): Promise<T> {
  return reading.catch(() => {
    throw new DoorError("malformed_json", "The body ended early. Send the request again.");
  });
}

function joined(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const [first] = chunks;
  if (first && chunks.length === 1) return first;
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}
