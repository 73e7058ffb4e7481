import type { Context, MiddlewareHandler } from "hono";
import { parseExact } from "../../platform/exact-json.ts";
import { limits } from "../../platform/limits.ts";
import { scanJson } from "../../platform/scan-json.ts";
import type { ApiEnv } from "../context.ts";
import { DoorError } from "./door-error.ts";
import { requireJson } from "./media-type.ts";
import { bodyCounter } from "./rate-limit.ts";
import { readBody } from "./read-body.ts";

/**
 * Reads a request's body before any other code: within the limits of bytes, values and depth, in UTF-8 only, keeping
 * all digits of numbers. Afterwards `c.req.json()` answers the result. `optional`: no body counts as `{}`.
 * @throws {DoorError} `unsupported_media_type`, `body_too_large`, `body_timeout`, `malformed_json`, `rate_limited`,
 * `overloaded`
 */
export function readJson({
  optional = false,
  maxBytes = limits.bodyBytes as number,
} = {}): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const { caller, tools } = c.var;
    const held = tools.doorMemory.bodies.open(
      caller?.kind === "tenant" ? caller.tenantId : undefined,
      tools.clock.now,
    );
    try {
      const count = bodyCounter(c);
      const bytes = await readBody(c.req.raw, maxBytes, tools.clock, (more, soFar) => {
        if (soFar > limits.smallBodyBytes) c.var.meter?.expectTurn();
        held.grow(soFar);
        count(more);
      });
      if (bytes.byteLength > limits.smallBodyBytes) await c.var.meter?.takeTurn();
      const isLeftOut = optional && bytes.byteLength === 0;
      if (!isLeftOut) requireJson(c.req.raw.headers);
      const value = isLeftOut ? {} : parse(decode(bytes), c.var.countAs);
      c.req.raw = withoutBody(c);
      c.req.json = async <T>() => value as T;
      await next();
    } finally {
      held.close();
    }
  };
}

/** For the validators, which read media types more narrowly than RFC 9110, and whose stream is used up. */
function withoutBody({ req }: Context): Request {
  const headers = new Headers(req.raw.headers);
  headers.set("content-type", "application/json");
  return new Request(req.url, { method: req.method, headers });
}

/** A parser's message quotes its input, so only the place is repeated. */
function parse(text: string, countAs: (requests: number) => void = () => undefined): unknown {
  if (text === "") throw malformed("The body is empty. Send JSON.");
  const scan = scanJson(text);
  if (scan.depth > limits.jsonDepth) {
    throw malformed(`The body is nested more than ${limits.jsonDepth} levels deep. Flatten it.`);
  }
  const perRequest = scan.hasExactNumbers ? limits.exactValuesPerRequest : limits.valuesPerRequest;
  countAs(Math.floor(scan.values / perRequest));
  const most = scan.hasExactNumbers ? limits.jsonExactValues : limits.jsonValues;
  if (scan.values > most) {
    const why = scan.hasExactNumbers ? " where numbers have more digits than a double" : "";
    throw new DoorError(
      "body_too_large",
      `The body has ${scan.values} values and keys, and ${most} is the limit${why}. Send less at once.`,
    );
  }
  try {
    return parseExact(text, scan);
  } catch (error) {
    const [where] = /position \d+( \(line \d+ column \d+\))?/.exec(String(error)) ?? [];
    throw malformed(`The body is not JSON${where ? `: look at ${where}` : ""}.`);
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw malformed("The body is not UTF-8. Encode it as UTF-8.");
  }
}

function malformed(detail: string): DoorError {
  return new DoorError("malformed_json", detail);
}
