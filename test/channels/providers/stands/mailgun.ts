import type { RefusalScope } from "../../../../src/channels/channel.ts";
import { mailgunProvider } from "../../../../src/channels/email/providers/mailgun.ts";
import { KEYS } from "../../../support/outside/email-servers/keys.ts";
import type { Stand } from "../contract.ts";
import { inJson, openAt, PAGES, pageOf } from "./over-http.ts";

const failure = (status: number, message: string, headers = {}) => inJson(status, { message }, headers);

const ERRORS: [status: number, message: string, scope: RefusalScope][] = [
  [400, "from parameter is missing", "message"],
  [400, "to parameter is not a valid address. please check documentation", "message"],
  [401, "Invalid private key", "account"],
  [402, "Payment required", "account"],
  [403, "Domain mg.example.com is not allowed to send: Please activate your Mailgun account", "account"],
  [403, "Sandbox subdomains are for test purposes only. Please add your own domain.", "sender"],
  [403, "Please add the address to authorized recipients in Account Settings.", "sender"],
  [404, "Domain not found: mg.example.com", "account"],
  [413, "Request entity too large", "message"],
  [500, "Internal error", "provider"],
  [418, "Nobody knows it.", "provider"],
];

export const mailgun: Stand = {
  name: "mailgun",
  source:
    "https://documentation.mailgun.com/docs/mailgun/quickstart-guide/responses, read on 30 November 2026",
  open: openAt("mailgun", (tools) =>
    mailgunProvider({ ...tools, apiKey: KEYS.mailgun, domain: "mg.example.com" }),
  ),
  refusals: [
    ...ERRORS.map(([status, message, scope]) => ({ turn: failure(status, message), scope })),
    { turn: { status: 401, body: "Forbidden" }, scope: "account" },
    { turn: { status: 404, body: "" }, scope: "provider" },
    ...PAGES,
  ],
  waits: [
    { turn: failure(429, "Too many requests") },
    { turn: failure(429, "Too many requests", { "retry-after": "9" }), waitMs: 9_000 },
    {
      turn: failure(429, "Too many requests", {
        "x-ratelimit-reset": String(Date.UTC(2026, 10, 30, 12, 0, 4)),
      }),
      waitMs: 4_000,
    },
    { turn: pageOf(429) },
  ],
  quotas: [failure(402, "Your plan's messages are used up")],
  idless: [
    inJson(200, { message: "Queued. Thank you." }),
    inJson(200, { id: "", message: "Queued. Thank you." }),
    { status: 200 },
    pageOf(200),
  ],
  secrets: [KEYS.mailgun, btoa(`api:${KEYS.mailgun}`)],
};
