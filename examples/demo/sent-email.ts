import { readFileSync } from "node:fs";
import type { Client } from "./client.ts";

export interface SentEmail {
  from: string;
  to: string[];
  subject: string;
  text: string;
}

interface Listed extends Omit<SentEmail, "text"> {
  messageId: string;
  headers: Record<string, string>;
}

/**
 * The e-mail that the `send_email` binding of wrangler dev sent for a message, once it did. It is listed without
 * its body: wrangler writes that to a file, and the file's path to its log.
 */
export async function findSentEmail(
  client: Client,
  wranglerLog: string,
  outboxMessageId: string,
  to: string,
): Promise<SentEmail | undefined> {
  const path = "/cdn-cgi/local/explorer/api/local/email/sending";
  const { result } = await client.get<{ result: Listed[] }>(path);
  const email = result.find(
    (one) =>
      one.headers["X-Entity-Ref-ID"]?.startsWith(outboxMessageId) && one.to.some((name) => name.includes(to)),
  );
  if (!email) return undefined;
  const fileName = `${email.messageId.replace(/[<>]/g, "")}.txt`;
  const line = readFileSync(wranglerLog, "utf8")
    .split("\n")
    .find((line) => line.startsWith("Text: ") && line.trimEnd().endsWith(fileName));
  if (line === undefined) return undefined;
  const { from, subject } = email;
  return { from, to: email.to, subject, text: readFileSync(line.slice("Text: ".length).trim(), "utf8") };
}
