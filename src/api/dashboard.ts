import type { Hono } from "hono";
import type { Mailbox, MailboxTools } from "../mailbox/mailbox.ts";
import type { ApiEnv } from "./context.ts";

/** Pages that the API serves beside its operations: the result of `dashboard` of `edge-outbox/dashboard`. */
export interface Dashboard {
  routes(): Hono<ApiEnv>;
  /** Makes the mailbox of development. Undefined: it was built for production. */
  readonly mailbox: ((tools: MailboxTools) => Mailbox) | undefined;
}
