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

interface Refusal {
  /** Seconds until a repetition can succeed. Left out: unknown. */
  retryAfterSeconds?: number;
  /** Further members of the problem document. */
  members?: Readonly<Record<string, string>>;
}

/** A refusal at the door. */
export class DoorError extends Error {
  readonly code: DoorCode;
  readonly retryAfterSeconds: number | undefined;
  readonly members: Refusal["members"];

  constructor(code: DoorCode, detail: string, { retryAfterSeconds, members }: Refusal = {}) {
    super(detail);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
    this.members = members;
  }
}

/** Whole seconds, at least one: `retry-after` has no smaller unit. */
export function secondsUntil(at: number, now: number): number {
  return Math.max(Math.ceil((at - now) / 1000), 1);
}
