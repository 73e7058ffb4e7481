/** Problems that arise at the door, before any room is entered. */
export type DoorCode =
  | "malformed_json"
  | "unsupported_media_type"
  | "body_too_large"
  | "body_timeout"
  | "unauthorized"
  | "session_ended"
  | "operator_token_missing"
  | "forbidden"
  | "rate_limited"
  | "overloaded"
  | "uri_too_long"
  | "headers_too_large"
  | "loop_detected"
  | "method_not_allowed"
  | "route_not_found"
  | "internal_error";

/** A refusal at the door. */
export class DoorError extends Error {
  readonly code: DoorCode;
  /** Seconds until a repetition can succeed. Undefined: unknown. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: DoorCode, detail: string, retryAfterSeconds?: number) {
    super(detail);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Whole seconds, at least one: `retry-after` has no smaller unit. */
export function secondsUntil(at: number, now: number): number {
  return Math.max(Math.ceil((at - now) / 1000), 1);
}
