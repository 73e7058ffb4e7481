import type { RefusalScope } from "../../channel.ts";

/** Command that a server refused. */
export type SmtpStage = "connect" | "login" | "sender" | "recipient" | "message";

interface SmtpJudged {
  scope: RefusalScope;
  /** True: no later attempt will succeed. */
  isFinal: boolean;
  /** True: the server only asks for patience. */
  asksToWait: boolean;
}

const ENHANCED = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/;

/** Scopes by the subject and the detail of an enhanced code (RFC 3463, and IANA's list of them), with or without the detail. */
const BY_ENHANCED: Readonly<Record<string, RefusalScope>> = {
  "1": "recipient",
  "1.0": "provider",
  "1.7": "sender",
  "1.8": "sender",
  "2": "recipient",
  "3": "provider",
  "3.4": "message",
  "4": "recipient",
  "5": "message",
  "6": "message",
  "7.8": "account",
  "7.9": "account",
  "7.11": "account",
  "7.13": "account",
};

/** Scopes by the command, for codes that do not tell more. */
const BY_STAGE: Readonly<Record<SmtpStage, RefusalScope>> = {
  connect: "provider",
  login: "account",
  sender: "sender",
  recipient: "recipient",
  message: "message",
};

/** Codes that ask for a login, or refuse it (RFC 4954, 6). */
const LOGIN = new Set([530, 534, 535, 538]);
/** Codes of refusals for good that RFC 5321, 4.2.3 knows, and 521 and 556 of RFC 7504. */
const KNOWN = new Set([500, 501, 502, 503, 504, 521, 550, 551, 552, 553, 554, 555, 556]);
const TOO_LARGE = 552;
/** The server ends the connection. */
const CLOSING = 421;
/** A server that does not know its client as one of its own. */
const RELAYING = /relaying|relay (access|not)|(unable|permitted) to relay/i;

/**
 * Tells whom an answer is about: by its enhanced code, else by the command that it answers. A policy (5.7.x) is about the
 * thing that was offered. An unknown code is the server's.
 */
export function judgeSmtp(stage: SmtpStage, answer: string): SmtpJudged {
  const code = Number.parseInt(answer, 10);
  const scope = scopeOf(stage, code, answer);
  const isFinal = code >= 500 && (scope === "message" || scope === "recipient");
  return { scope, isFinal, asksToWait: code < 500 && scope === "provider" && isThrottle(answer) };
}

function isThrottle(answer: string): boolean {
  return /^4\.7\./.test(enhancedIn(answer)) || /throttl|\brate\b|too many/i.test(answer);
}

function scopeOf(stage: SmtpStage, code: number, answer: string): RefusalScope {
  if (LOGIN.has(code) || RELAYING.test(answer)) return "account";
  if (code < 500) return scopeOfPassing(stage, code, answer);
  if (/not verified/i.test(answer)) return "sender";
  if (!KNOWN.has(code) || stage === "connect") return "provider";
  const [, subject = "", detail = ""] = enhancedIn(answer).split(".");
  const told = BY_ENHANCED[`${subject}.${detail}`] ?? BY_ENHANCED[subject];
  return told ?? (code === TOO_LARGE ? "message" : BY_STAGE[stage]);
}

/** A full mailbox, or one that knows nobody at first, holds up nobody else. */
function scopeOfPassing(stage: SmtpStage, code: number, answer: string): RefusalScope {
  if (/daily|quota exceeded/i.test(answer) && stage !== "recipient") return "account";
  return stage === "recipient" && code !== CLOSING ? "recipient" : "provider";
}

function enhancedIn(answer: string): string {
  return ENHANCED.exec(answer)?.[1] ?? "";
}
