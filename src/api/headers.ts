import { limits } from "../platform/limits.ts";

/** Headers that operations take, as the document has them. What they say is checked where it is used. */

const header = (name: string, description: string, example: string, schema: object = {}) =>
  ({
    name,
    in: "header",
    required: false,
    description,
    example,
    schema: { type: "string", ...schema },
  }) as const;

export const onceHeader = header(
  "Idempotency-Key",
  "Printable ASCII, yours to choose. The same request with the same key happens once, and is answered as the first time; another request with it is refused.",
  "order-1001",
  { minLength: 1, maxLength: limits.idempotencyKeyLength },
);

export const traceHeader = header(
  "traceparent",
  "W3C trace context. Kept with the message, and continued on each of its webhook requests. One that is not valid is ignored.",
  "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
);

export const traceStateHeader = header(
  "tracestate",
  "Kept and handed on with the `traceparent`, up to 512 characters of it. One that is not valid is ignored.",
  "congo=t61rcWkgMzE",
);

export const versionHeader = header(
  "If-Match",
  "The ETag as you have read it, a list of them, or `*`: the change is refused when the endpoint has none of them any more.",
  '"3"',
);
