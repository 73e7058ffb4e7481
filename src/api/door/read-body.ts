import { concatBytes } from "@noble/hashes/utils.js";
import type { Clock } from "../../platform/clock.ts";
import { limits } from "../../platform/limits.ts";
import { DoorError } from "./door-error.ts";

/**
 * Reads a body within its limits of bytes and time, whatever its content-length says.
 * @throws {DoorError} `body_too_large`, `body_timeout`, `malformed_json` when it breaks off; and errors of `onBytes`,
 * which is called with the length of each piece
 */
export async function readBody(
  request: Request,
  maxBytes: number,
  clock: Clock,
  onBytes: (more: number, soFar: number) => void,
): Promise<Uint8Array> {
  if (Number(request.headers.get("content-length")) > maxBytes) throw tooLarge(maxBytes);
  if (!request.body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of inTime(request.body, clock)) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    onBytes(chunk.byteLength, bytes);
    chunks.push(chunk);
  }
  return concatBytes(...chunks);
}

function tooLarge(maxBytes: number): DoorError {
  return new DoorError("body_too_large", `The body must be at most ${maxBytes} bytes.`);
}

/** A very slow sender would hold a connection and memory. */
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
    // The rest is not needed.
    void reader.cancel().catch(() => undefined);
  }
}

/** A broken body is the sender's fault; the stream's error would look like one of the database. */
function unbroken<T>(reading: Promise<T>): Promise<T> {
  return reading.catch(() => {
    throw new DoorError("malformed_json", "The body ended early. Send the request again.");
  });
}
