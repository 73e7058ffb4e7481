import type { RefusalScope } from "../../channel.ts";

/** An answer of Resend other than 2xx, as far as it is one. */
interface ResendError {
  status: number;
  name: string | undefined;
  message: string;
}

/** Scopes by the name of the error: https://resend.com/docs/api-reference/errors, read on 30 November 2026. */
const SCOPES: Readonly<Record<string, RefusalScope>> = {
  invalid_idempotency_key: "message",
  invalid_idempotent_request: "message",
  invalid_attachment: "message",
  invalid_access: "message",
  invalid_parameter: "message",
  invalid_region: "message",
  missing_required_field: "message",
  security_error: "message",
  invalid_from_address: "sender",
  missing_api_key: "account",
  invalid_api_key: "account",
  suspended_api_key: "account",
  restricted_api_key: "account",
  daily_quota_exceeded: "account",
  monthly_quota_exceeded: "account",
  // A wrong base URL.
  not_found: "account",
  method_not_allowed: "account",
};

/** Errors that ask for patience alone. */
const WAITS = new Set(["rate_limit_exceeded", "concurrent_idempotent_requests"]);

const TOO_MANY_REQUESTS = 429;

/** Tells whom a refusal is about. An error that has no name, or one that nobody knows, is the provider's. */
export function scopeOf({ status, name = "", message }: ResendError): RefusalScope {
  if (name === "validation_error") return scopeOfInvalid(status, message);
  if (name === "restricted_api_key" && /domain/i.test(message)) return "sender";
  return SCOPES[name] ?? "provider";
}

/** True if the provider only asks for fewer requests, or for the same one later. */
export function asksToWait({ status, name = "" }: ResendError): boolean {
  return WAITS.has(name) || (status === TOO_MANY_REQUESTS && SCOPES[name] === undefined);
}

/** One name for what is wrong with the fields, with the key, and with the domain of the sender. */
function scopeOfInvalid(status: number, message: string): RefusalScope {
  if (/api key/i.test(message) || status === 401) return "account";
  return status === 403 ? "sender" : "message";
}
