import type { RefusalScope } from "../../../../src/channels/channel.ts";
import { sendgridProvider } from "../../../../src/channels/email/providers/sendgrid.ts";
import { KEYS } from "../../../support/outside/email-servers/keys.ts";
import type { Stand } from "../contract.ts";
import { inJson, openAt, PAGES, pageOf } from "./over-http.ts";

const failure = (status: number, message: string, headers = {}) =>
  inJson(status, { errors: [{ message, field: null, help: null }] }, headers);

const ERRORS: [status: number, message: string, scope: RefusalScope][] = [
  [400, "The subject is required. You can get around this requirement if you use a template.", "message"],
  [400, "The content value must be a string at least one character in length.", "message"],
  [400, "Bad Request", "message"],
  [401, "The provided authorization grant is invalid, expired, or revoked", "account"],
  [401, "Authenticated user is not authorized to send mail", "account"],
  [403, "access forbidden", "account"],
  [403, "The from address does not match a verified Sender Identity.", "sender"],
  [403, "You are not authorized to send from that email address", "sender"],
  [404, "not found", "account"],
  [405, "method not allowed", "account"],
  [413, "The JSON payload you have included in your request is too large.", "message"],
  [406, "Missing Accept header", "provider"],
  [500, "Internal server error", "provider"],
  [503, "The SendGrid v3 Web API is not available.", "provider"],
  [418, "Nobody knows it.", "provider"],
];
/** An instant in seconds: a minute and a half after the tests' own. */
const RESET = String(Date.UTC(2026, 10, 30, 12, 1, 30) / 1000);

export const sendgrid: Stand = {
  name: "sendgrid",
  source:
    "https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors and how-to-use-the-sendgrid-v3-api/errors, read on 30 November 2026",
  open: openAt("sendgrid", (tools) => sendgridProvider({ ...tools, apiKey: KEYS.sendgrid })),
  refusals: [
    ...ERRORS.map(([status, message, scope]) => ({ turn: failure(status, message), scope })),
    { turn: inJson(403, { errors: [] }), scope: "provider" },
    { turn: inJson(400, { message: "of a proxy" }), scope: "provider" },
    ...PAGES,
  ],
  waits: [
    { turn: failure(429, "too many requests") },
    { turn: failure(429, "too many requests", { "x-ratelimit-reset": RESET }), waitMs: 90_000 },
    {
      turn: failure(429, "too many requests", { "retry-after": "7", "x-ratelimit-reset": RESET }),
      waitMs: 7_000,
    },
    { turn: pageOf(429) },
  ],
  quotas: [failure(401, "Maximum credits exceeded")],
  idless: [{ status: 202 }, { status: 202, headers: { "x-message-id": "" } }, pageOf(200)],
  secrets: [KEYS.sendgrid],
};
