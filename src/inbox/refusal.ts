import { faultOf } from "../db/database.ts";
import { ConfigError, OutboxError, problemType } from "../platform/errors.ts";
import { inboxLimits as limits } from "./limits.ts";

/**
 * The one place that knows which HTTP status the inbox refuses with. Every status but 2xx makes the sender try again.
 */
const PROBLEMS = {
  invalid_headers: { status: 400, title: "Not a Standard Webhook" },
  malformed_body: { status: 400, title: "Malformed body" },
  not_authentic: { status: 401, title: "Not authentic" },
  body_too_large: { status: 413, title: "Body too large" },
  internal_error: { status: 500, title: "Internal error" },
  storage_unavailable: { status: 503, title: "Storage unavailable" },
} as const;

type RefusalCode = keyof typeof PROBLEMS;

/** Refusal of a webhook. Its message goes to the sender, without the payload or a secret. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: RefusalCode;

  constructor(code: RefusalCode, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.code = code;
  }

  /** True if the sender is not at fault. */
  get isOurs(): boolean {
    return PROBLEMS[this.code].status >= 500;
  }
}

const NOT_TAKEN = "The webhook could not be taken in. Send it again.";

/** Turns an error into a refusal for the sender. A foreign error's message is not told, but kept as the cause. */
export function refusalFor(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  // The set-up of a Worker is not told to strangers, only to the log.
  if (error instanceof ConfigError) return new Refusal("internal_error", NOT_TAKEN, { cause: error });
  const isPassing = (error instanceof OutboxError && error.retryable) || faultOf(error) !== "rejected";
  return isPassing
    ? new Refusal("storage_unavailable", "The database did not answer. Send it again.", { cause: error })
    : new Refusal("internal_error", NOT_TAKEN, { cause: error });
}

/** The refusal as an RFC 9457 problem document. */
export function problemFor({ code, message }: Refusal): Response {
  const { status, title } = PROBLEMS[code];
  const headers: Record<string, string> = { "content-type": "application/problem+json" };
  // RFC 9110 asks for a challenge with every 401.
  if (status === 401) headers["www-authenticate"] = 'StandardWebhooks realm="edge-outbox"';
  if (status === 503) headers["retry-after"] = String(limits.retryAfterSeconds);
  return new Response(JSON.stringify({ type: problemType(code), title, status, detail: message, code }), {
    status,
    headers,
  });
}
