import type { RefusalScope } from "../../../../src/channels/channel.ts";
import { postmarkProvider } from "../../../../src/channels/email/providers/postmark.ts";
import { KEYS } from "../../../support/outside/email-servers/keys.ts";
import type { Stand } from "../contract.ts";
import { inJson, openAt, PAGES, pageOf } from "./over-http.ts";

const failure = (status: number, ErrorCode: number, Message: string, headers = {}) =>
  inJson(status, { ErrorCode, Message }, headers);

const ERRORS: [status: number, code: number, message: string, scope: RefusalScope][] = [
  [401, 10, "Bad or missing API token", "account"],
  [422, 10, "Bad or missing API token", "account"],
  [422, 100, "Maintenance", "provider"],
  [422, 300, "Invalid email request", "message"],
  [422, 400, "Sender Signature not found", "sender"],
  [422, 401, "Sender signature not confirmed", "sender"],
  [422, 402, "Invalid JSON", "message"],
  [422, 403, "Incompatible JSON", "message"],
  [422, 405, "Not allowed to send", "account"],
  [422, 406, "Inactive recipient", "recipient"],
  [422, 409, "JSON required", "message"],
  [422, 411, "Forbidden attachment type", "message"],
  [422, 412, "Account is pending", "account"],
  [422, 413, "Account may not send", "account"],
  [500, 0, "Internal server error", "provider"],
  [503, 100, "Service unavailable", "provider"],
  [422, 9999, "Nobody knows it.", "provider"],
];

export const postmark: Stand = {
  name: "postmark",
  source: "https://postmarkapp.com/developer/api/overview#error-codes, read on 30 November 2026",
  open: openAt("postmark", (tools) =>
    postmarkProvider({ ...tools, serverToken: KEYS.postmark, messageStream: undefined }),
  ),
  refusals: [
    ...ERRORS.map(([status, code, message, scope]) => ({
      turn: failure(status, code, message),
      scope,
      error: `postmark_${code}`,
    })),
    ...PAGES,
  ],
  waits: [
    { turn: failure(429, 429, "Rate limit exceeded") },
    { turn: failure(429, 429, "Rate limit exceeded", { "retry-after": "12" }), waitMs: 12_000 },
    { turn: pageOf(429) },
  ],
  // Out of credits.
  quotas: [failure(422, 405, "Not allowed to send")],
  idless: [
    inJson(200, { ErrorCode: 0, Message: "OK" }),
    inJson(200, { ErrorCode: 0, Message: "OK", MessageID: "" }),
    inJson(200, { ErrorCode: 406, Message: "Inactive recipient", MessageID: "b7bc2f4a" }),
    { status: 200 },
    pageOf(200),
  ],
  secrets: [KEYS.postmark],
};
