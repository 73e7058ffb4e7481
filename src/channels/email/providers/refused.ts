import type { Refusal, RefusalScope } from "../../channel.ts";

/** Refusal by a provider of e-mails; final if it is about the message or its recipient. */
export function refusedFor(
  scope: RefusalScope,
  error: string,
  rest: Partial<Pick<Refusal, "httpStatus" | "excerpt" | "retryAfterMs" | "spares" | "perSecond">> = {},
): Refusal {
  const kind = scope === "message" || scope === "recipient" ? "permanent" : "temporary";
  return { kind, scope, error, httpStatus: null, excerpt: null, retryAfterMs: null, ...rest };
}
