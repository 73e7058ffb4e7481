import { type Context, Hono } from "hono";
import * as z from "zod";
import type { ApiEnv } from "../../api/context.ts";
import { allow } from "../../api/door/access.ts";
import { DoorError } from "../../api/door/door-error.ts";
import { readJson } from "../../api/door/read-json.ts";
import { type KeptEmail, MAILBOX_ANSWERS } from "../../channels/email/mailbox.ts";
import { checked } from "../../platform/check.ts";
import type { Emails, MailboxEmail, MailboxEntry } from "./answers.ts";

const chosenInput = z.strictObject({ answer: z.enum(MAILBOX_ANSWERS) });

const read = (operationId: string) => allow({ operationId, method: "get", access: "operator" });
const write = (operationId: string) => allow({ operationId, method: "put", access: "operator" });

/** The e-mails that would have been sent. */
export function mailboxRoutes(): Hono<ApiEnv> {
  return new Hono<ApiEnv>()
    .get("/", read("listMailbox"), (c) => {
      const { emails, answer } = c.var.tools.mailbox;
      return c.json({ data: emails.list().map(presentEntry), answer } satisfies Emails);
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

/**
 * Policy of an e-mail's HTML: it runs nothing, loads nothing, not even images, sends nothing and leads nowhere; only its
 * own styles apply.
 */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'; sandbox";

/** Elements that reach out, or change how the others are read. */
const REMOVED = "script, link, meta, base, iframe, frame, object, embed, form, portal";

/**
 * The HTML part of an e-mail, for a frame of the mailbox's page. A frame sends no token: the e-mail's id, which nobody
 * can guess, takes its place.
 */
export function serveDocument(c: Context<ApiEnv>): Response {
  const { html } = emailOf(c);
  if (html === undefined) throw notFound();
  c.header("content-security-policy", POLICY);
  c.header("x-frame-options", "SAMEORIGIN");
  // A sandboxed page has no origin to be keyed by, and Chromium would say so.
  c.header("origin-agent-cluster", "?0");
  c.header("x-dns-prefetch-control", "off");
  const remove = { element: (element: Element) => void element.remove() };
  return new HTMLRewriter().on(REMOVED, remove).transform(c.html(html) as Response);
}

function emailOf(c: Context<ApiEnv>): KeptEmail {
  const email = c.var.tools.mailbox.emails.find(c.req.param("id") ?? "");
  if (!email) throw notFound();
  return email;
}

function notFound(): DoorError {
  return new DoorError("route_not_found", "The mailbox has no such e-mail, or no longer keeps it.");
}

function presentEntry({ id, at, from, to, subject, answer, idempotencyKey }: KeptEmail): MailboxEntry {
  const [messageId = ""] = idempotencyKey.split("/");
  return { id, at: new Date(at).toISOString(), from, to, subject, answer, messageId };
}

function presentEmail(email: KeptEmail): MailboxEmail {
  const { cc = [], bcc = [], replyTo = null, headers, text = null, html = null } = email;
  return { ...presentEntry(email), cc, bcc, replyTo, headers, text, html };
}
