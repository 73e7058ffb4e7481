import type { RefusalScope } from "../../../../src/channels/channel.ts";
import { resendProvider } from "../../../../src/channels/email/providers/resend.ts";
import { inBatches } from "../../../../src/email-batches.ts";
import { KEYS } from "../../../support/outside/email-servers/keys.ts";
import type { Stand } from "../contract.ts";
import { inJson, openAt, PAGES, pageOf } from "./over-http.ts";

const failure = (statusCode: number, name: string, message: string, headers = {}) =>
  inJson(statusCode, { statusCode, name, message }, headers);

const ERRORS: [status: number, name: string, message: string, scope: RefusalScope][] = [
  [400, "invalid_idempotency_key", "The key must be between 1-256 chars.", "message"],
  [400, "validation_error", "We found an error with one or more fields in the request.", "message"],
  [400, "validation_error", "API key is invalid", "account"],
  [401, "missing_api_key", "Missing API key in the authorization header.", "account"],
  [401, "restricted_api_key", "This API key is restricted to only send emails.", "account"],
  [401, "restricted_api_key", "This API key is not allowed to send from that domain.", "sender"],
  [403, "invalid_api_key", "API key is invalid.", "account"],
  [403, "suspended_api_key", "This API key is suspended.", "account"],
  [403, "validation_error", "The example.com domain is not verified.", "sender"],
  [404, "not_found", "The requested endpoint does not exist.", "account"],
  [405, "method_not_allowed", "This endpoint does not support this method.", "account"],
  [409, "invalid_idempotent_request", "Same key, different payload.", "message"],
  [422, "invalid_attachment", "Attachment must have either a content or path.", "message"],
  [422, "invalid_from_address", "Invalid from field.", "sender"],
  [422, "invalid_parameter", "The parameter must be a valid UUID.", "message"],
  [422, "missing_required_field", "The request body is missing fields.", "message"],
  [451, "security_error", "We may have found a security issue.", "message"],
  [500, "application_error", "An unexpected error occurred.", "provider"],
  [500, "internal_server_error", "An unexpected error occurred.", "provider"],
  [403, "a_new_error", "Nobody knows it.", "provider"],
  [422, "a_new_error", "Nobody knows it.", "provider"],
];

export const resend: Stand = {
  name: "resend",
  source: "https://resend.com/docs/api-reference/errors, read on 30 November 2026",
  open: openAt("resend", (tools) => resendProvider({ ...tools, inBatches, apiKey: KEYS.resend })),
  refusals: [
    ...ERRORS.map(([status, name, message, scope]) => ({
      turn: failure(status, name, message),
      scope,
      error: name,
    })),
    ...PAGES,
  ],
  waits: [
    { turn: failure(429, "rate_limit_exceeded", "Too many requests.") },
    {
      turn: failure(429, "rate_limit_exceeded", "Too many requests.", { "retry-after": "7" }),
      waitMs: 7_000,
    },
    {
      turn: failure(429, "rate_limit_exceeded", "Too many requests.", { "ratelimit-reset": "3" }),
      waitMs: 3_000,
    },
    { turn: failure(409, "concurrent_idempotent_requests", "The original request is still in progress.") },
    { turn: pageOf(429) },
  ],
  quotas: [
    failure(429, "daily_quota_exceeded", "You have reached your daily quota."),
    failure(429, "monthly_quota_exceeded", "You have reached your monthly quota."),
  ],
  idless: [inJson(200, {}), inJson(200, { id: "" }), inJson(200, { id: 7 }), { status: 200 }, pageOf(200)],
  secrets: [KEYS.resend],
};
