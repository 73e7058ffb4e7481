import { type Context, Hono } from "hono";
import * as z from "zod";
import type { ApiEnv } from "../../api/context.ts";
import { allow } from "../../api/door/access.ts";
import { DoorError } from "../../api/door/door-error.ts";
import { readJson } from "../../api/door/read-json.ts";
import { type KeptEmail, MAILBOX_ANSWERS } from "../../channels/email/providers/mailbox.ts";
import { fromBase64 } from "../../platform/base64.ts";
import { checked } from "../../platform/check.ts";
import type { Emails, MailboxEmail, MailboxEntry } from "./answers.ts";

const chosenInput = z.strictObject({ answer: z.enum(MAILBOX_ANSWERS) });

const read = (operationId: string) => allow({ operationId, method: "get", access: "operator" });
const write = (operationId: string) => allow({ operationId, method: "put", access: "operator" });

/** The e-mails that would have been sent. */
export function mailboxRoutes(): Hono<ApiEnv> {
  return new Hono<ApiEnv>()
    .get("/", read("listMailbox"), (c) => {
      const { mailbox, keepsEmails: isInForce } = c.var.tools;
      const { emails, answer } = mailbox;
      return c.json({ data: emails.list().map(presentEntry), answer, isInForce } satisfies Emails);
    })
    .delete("/", write("clearMailbox"), (c) => {
      c.var.tools.mailbox.emails.clear();
      return c.body(null, 204);
    })
    .put("/answer", write("chooseMailboxAnswer"), readJson(), async (c) => {
      const { answer } = checked(chosenInput, await c.req.json());
      c.var.tools.mailbox.answer = answer;
      return c.json({ answer });
    })
    .get("/:id", read("readMailboxEmail"), (c) => c.json(presentEmail(emailOf(c))));
}

function emailOf(c: Context<ApiEnv>): KeptEmail {
  const email = c.var.tools.mailbox.emails.find(c.req.param("id") ?? "");
  if (email) return email;
  throw new DoorError("route_not_found", "The mailbox has no such e-mail, or no longer keeps it.");
}

function presentEntry({ id, at, from, to, subject, answer, messageId }: KeptEmail): MailboxEntry {
  return { id, at: new Date(at).toISOString(), from, to, subject, answer, messageId };
}

function presentEmail(email: KeptEmail): MailboxEmail {
  const { cc = [], bcc = [], replyTo = [], headers, text = null, html = null } = email;
  const attachments = (email.attachments ?? []).map(({ filename, type, content }) => ({
    filename,
    type,
    bytes: fromBase64(content)?.length ?? 0,
  }));
  return { ...presentEntry(email), cc, bcc, replyTo, headers, text, html, attachments };
}
