import { readFileSync } from "node:fs";
import type { Stage } from "./stage.ts";

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
  { serverUrl, wranglerLog }: Stage,
  outboxMessageId: string,
  to: string,
  signal: AbortSignal,
): Promise<SentEmail | undefined> {
  const response = await fetch(`${serverUrl}/cdn-cgi/local/explorer/api/local/email/sending`, { signal });
  const { result } = (await response.json()) as { result: Listed[] };
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
