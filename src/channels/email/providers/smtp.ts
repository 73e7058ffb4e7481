/// <reference path="../../../platform/node-crypto.d.ts" />
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import MimeNode from "nodemailer/lib/mime-node";
import { MESSAGE_TAG, TENANT_TAG, tagHeaders } from "../../../domain/email-tags.ts";
import { permanent, type Reply, temporary, UNCERTAIN } from "../../channel.ts";
import { networkRefusal } from "../../network-error.ts";
import { excerptOf } from "../../read-response.ts";
import { untilAborted } from "../../until-aborted.ts";
import type { EmailFile, EmailProvider, Envelope } from "../provider.ts";
import { fingerprintOf } from "./over-http.ts";
import { parsedAddress } from "./parsed-address.ts";
import { judgeSmtp } from "./smtp-errors.ts";
import { type Handed, SmtpFailure, type SmtpServer, SmtpSession } from "./smtp-session.ts";

/** Class of an address with brackets in quotes: servers read it in different ways, and the library takes them away. */
const BAD_ADDRESS = "smtp_address";

/**
 * A server that takes e-mails by SMTP (RFC 6409). It has no idempotency keys: an e-mail whose answer is lost is told as uncertain
 * from its first byte on.
 */
export function smtpProvider(server: SmtpServer): EmailProvider {
  const { host, port, user = "", password = "" } = server;
  const secrets = password === "" ? [] : [password, btoa(password), btoa(`\0${user}\0${password}`)];
  return {
    account: { name: `smtp-${fingerprintOf(`${host}:${port}`, `${user} ${password}`)}` },
    idempotencySeconds: 0,
    async send(envelope, signal) {
      const unsaid = addressesOf(envelope).find((address) => /[<>]/.test(address));
      if (unsaid !== undefined) return { ...permanent(BAD_ADDRESS, unsaid), scope: "recipient" };
      const session = new SmtpSession(server);
      try {
        const message = await compose(envelope);
        const answer = await untilAborted(signal, () => session.send(handed(envelope), message));
        const excerpt = excerptOf(answer, secrets);
        return {
          kind: "accepted",
          id: queueIdIn(answer) ?? messageIdOf(envelope),
          httpStatus: null,
          excerpt,
        };
      } catch (error) {
        return refusalFrom(error, { ...envelope, secrets, isUnderWay: session.isUnderWay });
      } finally {
        session.close();
      }
    },
  };
}

function addressesOf({ from, to, cc = [], bcc = [], replyTo = [] }: Envelope): string[] {
  const all = [from, ...to, ...cc, ...bcc, ...replyTo];
  return all.map((one) => parsedAddress(one).email);
}

/** Envelope of SMTP: addresses alone. */
function handed({ from, to, cc = [], bcc = [] }: Envelope): Handed {
  const recipients = [...to, ...cc, ...bcc].map((one) => parsedAddress(one).email);
  return { from: parsedAddress(from).email, to: [...new Set(recipients)] };
}

/** Its bytes are identical at each attempt: nothing in them is of this moment, or drawn. */
async function compose(envelope: Envelope): Promise<Uint8Array> {
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

function messageIdOf(envelope: Envelope): string {
  const { email } = parsedAddress(envelope.from);
  return `<${digestOf(envelope)}@${email.slice(email.lastIndexOf("@") + 1)}>`;
}

/** Name of an e-mail in the answers of common servers: `250 2.0.0 Ok: queued as 4Qx1`, `250 OK id=1rT-2`, `250 Ok 0100018b-…`. */
function queueIdIn(answer: string): string | undefined {
  return /(?:queued as|\bid=|^250 Ok )\s*<?([\w.@+/-]{6,})/im.exec(answer)?.[1];
}

function refusalFrom(
  error: unknown,
  { secrets, isUnderWay }: { secrets: readonly string[]; isUnderWay: boolean },
): Reply {
  if (!(error instanceof SmtpFailure) || error.answer === "") {
    const refusal = networkRefusal(error, secrets);
    const known = error instanceof SmtpFailure ? error.errorClass : refusal.error;
    return { ...refusal, error: isUnderWay ? UNCERTAIN : known };
  }
  const { stage, answer, errorClass } = error;
  const { scope, isFinal, asksToWait } = judgeSmtp(stage, answer);
  const refusal = temporary(errorClass, { scope, excerpt: excerptOf(answer, secrets) });
  if (isFinal) return { ...refusal, kind: "permanent" };
  return asksToWait ? { ...refusal, spares: true } : refusal;
}
