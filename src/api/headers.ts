import { limits } from "../platform/limits.ts";

/** Headers that operations take, as the document describes them. Their values are checked where they are used. */

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
  "Key of your choice, in printable ASCII. A request repeated with its key is carried out once, and answered as the first time. A different request with the key is refused.",
  "order-1001",
  { minLength: 1, maxLength: limits.idempotencyKeyLength },
);

export const traceHeader = header(
  "traceparent",
  "W3C trace context. Kept with the message, and continued on each of its webhook requests. An invalid `traceparent` is ignored.",
  "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
);

export const traceStateHeader = header(
  "tracestate",
  "W3C trace state, kept and handed on with the `traceparent`, up to 512 characters. An invalid `tracestate` is ignored.",
  "congo=t61rcWkgMzE",
);

export const versionHeader = header(
  "If-Match",
  "ETag that you read from the endpoint, a list of ETags, or `*`. The change is refused if the endpoint no longer has any of them.",
  '"3"',
);
