/// <reference path="../../platform/node-crypto.d.ts" />
import { createHash } from "node:crypto";
import MimeNode from "nodemailer/lib/mime-node";
import { MESSAGE_TAG, TENANT_TAG } from "../../domain/email-tags.ts";
import type { Envelope } from "./provider.ts";
import { parsedAddress } from "./providers/parsed-address.ts";

/**
 * An e-mail as a message of RFC 5322, without its blind copies. Its bytes are identical at each attempt: nothing in them is of
 * this moment, or drawn.
 */
export async function composeMessage(envelope: Envelope): Promise<Uint8Array> {
  const { text, html } = envelope;
  const isBoth = text !== undefined && html !== undefined;
  const type = isBoth ? "multipart/alternative" : contentType(html === undefined ? "plain" : "html");
  const root = new MimeNode(type, { baseBoundary: digestOf(envelope), newline: "win" });
  root.setHeader("From", toMime(envelope.from));
  root.setHeader("To", envelope.to.map(toMime));
  if (envelope.cc) root.setHeader("Cc", envelope.cc.map(toMime));
  if (envelope.replyTo !== undefined) root.setHeader("Reply-To", toMime(envelope.replyTo));
  root.setHeader("Subject", envelope.subject);
  root.setHeader("Date", new Date(envelope.committedAt));
  root.setHeader("Message-ID", messageIdOf(envelope));
  root.setHeader(`X-${MESSAGE_TAG}`, envelope.messageId);
  root.setHeader(`X-${TENANT_TAG}`, envelope.tenantId);
  if (isBoth) {
    root.createChild(contentType("plain")).setContent(text);
    root.createChild(contentType("html")).setContent(html);
  } else {
    root.setContent(text ?? html ?? "");
  }
  return root.build();
}

const contentType = (kind: "plain" | "html") => `text/${kind}; charset=utf-8`;

function toMime(printed: string): { address: string; name: string } {
  const { email, name = "" } = parsedAddress(printed);
  return { address: email, name };
}

/** By its tenant, because ids of messages are theirs alone. */
function digestOf({ tenantId, idempotencyKey }: Envelope): string {
  return createHash("sha256").update(`${tenantId} ${idempotencyKey}`).digest("hex").slice(0, 32);
}

/** Header `Message-ID` of an e-mail. */
export function messageIdOf(envelope: Envelope): string {
  const { email } = parsedAddress(envelope.from);
  return `<${digestOf(envelope)}@${email.slice(email.lastIndexOf("@") + 1)}>`;
}
