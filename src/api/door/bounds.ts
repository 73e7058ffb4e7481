import type { MiddlewareHandler } from "hono";
import { limits } from "../../platform/limits.ts";
import { DoorError } from "./door-error.ts";

/**
 * Refuses requests with an excessive URL or headers, before reading them.
 * @throws {DoorError} `uri_too_long`, `headers_too_large`
 */
export const boundedRequest: MiddlewareHandler = async (c, next) => {
  const { url, headers } = c.req.raw;
  if (url.length > limits.requestUrlLength) {
    throw new DoorError(
      "uri_too_long",
      `The URL of the request must have at most ${limits.requestUrlLength} characters. Shorten it.`,
    );
  }
  let length = 0;
  for (const [name, value] of headers) length += name.length + value.length;
  if (length > limits.requestHeadersLength) {
    throw new DoorError(
      "headers_too_large",
      `The headers must be at most ${limits.requestHeadersLength} characters together.`,
    );
  }
  return next();
};
