import { inject } from "vitest";
import type { RefusalScope } from "../../../../src/channels/channel.ts";
import { smtpProvider } from "../../../../src/channels/email/providers/smtp.ts";
import { createBox } from "../../../support/outside/email-servers/box.ts";
import { SMTP_PASSWORD } from "../../../support/outside/email-servers/keys.ts";
import type { Stand } from "../contract.ts";

type Stage = "login" | "sender" | "recipient" | "message";

const refusal = (stage: Stage, line: string) => ({
  stage,
  status: Number(line.slice(0, 3)),
  body: line.slice(4),
});

const LINES: [stage: Stage, line: string, scope: RefusalScope, passes?: "passes"][] = [
  ["login", "535 5.7.8 Authentication credentials invalid", "account"],
  ["login", "534 5.7.9 Authentication mechanism is too weak", "account"],
  ["login", "454 4.3.0 Temporary authentication failure", "provider"],
  ["login", "421 4.3.2 Service shutting down", "provider"],
  ["sender", "530 5.7.0 Authentication required", "account"],
  ["sender", "550 5.7.1 This sender is not yours", "sender"],
  ["sender", "553 5.1.8 Sender's domain does not exist", "sender"],
  ["sender", "550 Sender refused", "sender"],
  ["sender", "552 5.3.4 Message size exceeds fixed limit", "message"],
  ["sender", "451 4.3.0 Local error in processing", "provider"],
  ["recipient", "550 5.1.1 No such user here", "recipient"],
  ["recipient", "550 Mailbox unavailable", "recipient"],
  ["recipient", "551 User not local", "recipient"],
  ["recipient", "553 5.1.3 Bad address", "recipient"],
  ["recipient", "552 5.2.2 Mailbox full", "recipient"],
  ["recipient", "556 5.1.10 Recipient address has null MX", "recipient"],
  ["recipient", "550 5.7.1 Relaying denied", "account"],
  ["recipient", "554 5.7.1 <x@example.com>: Relay access denied", "account"],
  ["recipient", "450 4.2.1 Mailbox busy", "recipient", "passes"],
  ["recipient", "450 4.7.1 Greylisted, come back later", "recipient", "passes"],
  ["recipient", "452 4.2.2 Mailbox full", "recipient", "passes"],
  ["message", "552 5.3.4 Message too big", "message"],
  ["message", "554 5.6.0 Message content is malformed", "message"],
  ["message", "550 5.7.1 This message looks like spam", "message"],
  ["message", "554 Transaction failed", "message"],
  ["message", "554 Message rejected: Email address is not verified.", "sender"],
  ["message", "550 5.1.1 No such user here", "recipient"],
  ["message", "451 4.3.0 Local error in processing", "provider"],
  ["message", "452 4.3.1 Insufficient system storage", "provider"],
  ["message", "599 Nobody knows it", "provider"],
];

export const smtp: Stand = {
  name: "smtp",
  source:
    "https://www.rfc-editor.org/rfc/rfc5321 (4.2), rfc3463, rfc4954 (6) and the list of enhanced codes by IANA, read on 30 November 2026",
  async open() {
    const { name, program, look } = await createBox();
    const { friendly: port } = inject("emailServers").smtpPorts;
    const server = { host: "127.0.0.1", port, security: "none" as const };
    return { provider: smtpProvider({ ...server, user: name, password: SMTP_PASSWORD }), program, look };
  },
  refusals: LINES.map(([stage, line, scope, passes]) => ({
    turn: refusal(stage, line),
    scope,
    error: `smtp_${line.slice(0, 3)}`,
    ...(passes && { passes: true }),
  })),
  waits: [
    { turn: refusal("sender", "454 4.7.0 Throttling failure: Maximum sending rate exceeded") },
    { turn: refusal("message", "421 4.7.0 Try again later") },
    { turn: refusal("message", "451 Too many messages") },
  ],
  quotas: [refusal("sender", "454 4.7.0 Throttling failure: Daily message quota exceeded")],
  // A server of SMTP gives no id, but its word: the e-mail's own id is its id.
  idless: [],
  secrets: [SMTP_PASSWORD],
};
