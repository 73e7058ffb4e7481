import { type EmailContent, emailContent } from "../../domain/email-content.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../../domain/ids.ts";
import { parseExact } from "../../platform/exact-json.ts";
import { type Channel, type Dispatch, EMAIL_UNKNOWN, permanent, type Reply, temporary } from "../channel.ts";
import { refusalOf, untilAborted } from "../until-aborted.ts";

/** An e-mail, ready to be handed to a provider. */
export interface Envelope extends EmailContent {
  from: string;
  /** The message's id, identical at every attempt. A provider with idempotency keys sends an e-mail once per id. */
  idempotencyKey: string;
}

/** Sends e-mails, and tells passing errors from permanent ones. */
export interface EmailProvider {
  send(envelope: Envelope, signal: AbortSignal): Promise<Reply>;
}

const KINDS = new Set(["accepted", "temporary", "permanent", "gone"]);

/** Sends direct e-mails as committed; to a subscribed address, an e-mail about the event. */
export function emailChannel(provider: EmailProvider, defaultFrom: string): Channel {
  return {
    async deliver(dispatch, signal) {
      const content = contentOf(dispatch);
      if ("kind" in content) return content;
      const idempotencyKey = `${dispatch.messageId}/${dispatch.endpoint.id}`;
      const envelope = { ...content, from: content.from ?? defaultFrom, idempotencyKey };
      // An app's provider may ignore its signal, and may throw instead of answering.
      try {
        return checkedReply(await untilAborted(signal, async () => provider.send(envelope, signal)));
      } catch (error) {
        const refusal = refusalOf(error, signal);
        if (refusal === undefined) throw error;
        return refusal;
      }
    },
  };
}

/** An app's provider may be untyped JavaScript, so its answer is checked. */
function checkedReply(reply: Reply | undefined): Reply {
  if (reply && KINDS.has(reply.kind)) return reply;
  throw new TypeError(
    "The e-mail provider has answered neither that it accepted the e-mail nor that it refused it",
  );
}

function contentOf(dispatch: Dispatch): EmailContent | Reply {
  const payload = parseExact(dispatch.payload);
  if (dispatch.endpoint.id === DIRECT_EMAIL_ENDPOINT) return directContent(payload);
  return {
    to: [dispatch.endpoint.target],
    subject: dispatch.eventType,
    text: `${dispatch.eventType}\n\n${JSON.stringify(payload, null, 2)}\n\n${dispatch.messageId}\n`,
  };
}

/** An e-mail with unknown fields was committed by a newer version, and waits for a consumer of that version. */
function directContent(payload: unknown): EmailContent | Reply {
  const { data, error } = emailContent.safeParse(payload);
  if (data) return data;
  if (error.issues.some(({ code }) => code === "unrecognized_keys")) {
    const excerpt = "The e-mail has fields that this version does not know: a newer one has committed it";
    return temporary(EMAIL_UNKNOWN, { excerpt });
  }
  return permanent("payload_invalid", "The payload is not an e-mail: commit it with email()");
}
