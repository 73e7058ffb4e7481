import { OpenAPIHono } from "@hono/zod-openapi";
import { fieldsOf } from "../platform/check.ts";
import { OutboxError } from "../platform/errors.ts";
import type { ApiEnv } from "./context.ts";

/**
 * A set of operations. A request that does not fit an operation's schemas is refused before its handler is called.
 */
export function router() {
  return new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      throw new OutboxError({ code: "invalid_input", fields: fieldsOf(result.error) });
    },
  });
}
