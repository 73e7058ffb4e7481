import { UNCERTAIN } from "../../../domain/email-status.ts";
import { permanent, type Reply, temporary } from "../../channel.ts";
import { networkRefusal } from "../../network-error.ts";
import { excerptOf } from "../../read-response.ts";
import { untilAborted } from "../../until-aborted.ts";
import { composeMessage, messageIdOf } from "../compose-message.ts";
import type { EmailProvider, Envelope } from "../provider.ts";
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
        const message = await composeMessage(envelope);
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
    return isUnderWay ? { ...refusal, error: UNCERTAIN } : { ...refusal, error: known, unsent: true };
  }
  const { stage, answer, errorClass } = error;
  const { scope, isFinal, asksToWait } = judgeSmtp(stage, answer);
  const refusal = temporary(errorClass, { scope, excerpt: excerptOf(answer, secrets), unsent: true });
  if (isFinal) return { ...refusal, kind: "permanent" };
  return asksToWait ? { ...refusal, spares: true } : refusal;
}
