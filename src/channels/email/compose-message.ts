/// <reference path="../../platform/node-crypto.d.ts" />
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import MimeNode from "nodemailer/lib/mime-node";
import { MESSAGE_TAG, TENANT_TAG, tagHeaders } from "../../domain/email-tags.ts";
import type { EmailFile, Envelope } from "./provider.ts";
import { parsedAddress } from "./providers/parsed-address.ts";

/**
 * An e-mail as a message of RFC 5322, without its blind copies. Its bytes are identical at each attempt: nothing in them is of
 * this moment, or drawn.
 */
export async function composeMessage(envelope: Envelope): Promise<Uint8Array> {
  const { attachments = [] } = envelope;
  const inline = attachments.filter(({ contentId }) => contentId !== undefined);
  const beside = attachments.filter(({ contentId }) => contentId === undefined);
  const types = [
    ...(beside.length > 0 ? ["multipart/mixed"] : []),
    ...(inline.length > 0 ? ["multipart/related"] : []),
    bodyType(envelope),
  ];
  const root = new MimeNode(types[0], { baseBoundary: digestOf(envelope), newline: "win" });
  root.setHeader("From", toMime(envelope.from));
  root.setHeader("To", envelope.to.map(toMime));
  if (envelope.cc) root.setHeader("Cc", envelope.cc.map(toMime));
  if (envelope.replyTo) root.setHeader("Reply-To", envelope.replyTo.map(toMime));
  root.setHeader("Subject", envelope.subject);
  root.setHeader("Date", new Date(envelope.committedAt));
  root.setHeader("Message-ID", messageIdOf(envelope));
  root.setHeader(`X-${MESSAGE_TAG}`, envelope.messageId);
  root.setHeader(`X-${TENANT_TAG}`, envelope.tenantId);
  for (const [name, value] of Object.entries({ ...tagHeaders(envelope.tags), ...envelope.headers }))
    root.setHeader(name, value);
  const nodes = [root];
  for (const type of types.slice(1)) nodes.push((nodes.at(-1) ?? root).createChild(type));
  setBody(nodes.at(-1) ?? root, envelope);
  for (const file of inline) addFile(nodes.at(-2) ?? root, file);
  for (const file of beside) addFile(root, file);
  return root.build();
}

function bodyType({ text, html }: Envelope): string {
  const isBoth = text !== undefined && html !== undefined;
  return isBoth ? "multipart/alternative" : contentType(html === undefined ? "plain" : "html");
}

function setBody(node: MimeNode, { text, html }: Envelope): void {
  if (text === undefined || html === undefined) return void node.setContent(text ?? html ?? "");
  node.createChild(contentType("plain")).setContent(text);
  node.createChild(contentType("html")).setContent(html);
}

/** In base 64, whatever it is: the library would give text other ends of lines. */
function addFile(parent: MimeNode, { filename, type, content, contentId }: EmailFile): void {
  const node = parent.createChild(type, { filename });
  node.setHeader("Content-Transfer-Encoding", "base64");
  node.setHeader("Content-Disposition", contentId === undefined ? "attachment" : "inline");
  if (contentId !== undefined) node.setHeader("Content-ID", `<${contentId}>`);
  node.setContent(Buffer.from(content, "base64") as unknown as Parameters<MimeNode["setContent"]>[0]);
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
