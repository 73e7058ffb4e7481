import { type EmailContent, emailContent } from "../../domain/email-content.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../../domain/ids.ts";
import { parseExact } from "../../platform/exact-json.ts";
import { type Channel, type Dispatch, EMAIL_UNKNOWN, permanent, type Reply, temporary } from "../channel.ts";
import { refusalOf, untilAborted } from "../until-aborted.ts";

/** An e-mail, ready to be handed to a provider. */
export interface Envelope extends EmailContent {
  from: string;
  /** The message's id, the same for every attempt: providers that can, send an e-mail with the same one only once. */
  idempotencyKey: string;
}

/** Hands e-mails to the world. Reads its own answers: which errors pass, and which never will. */
export interface EmailProvider {
  send(envelope: Envelope, signal: AbortSignal): Promise<Reply>;
}

const KINDS = new Set(["accepted", "temporary", "permanent", "gone"]);

/** Direct e-mails as they were committed; for a subscribed address, an e-mail that tells of the event. */
export function emailChannel(provider: EmailProvider, defaultFrom: string): Channel {
  return {
    async deliver(dispatch, signal) {
      const content = contentOf(dispatch);
      if ("kind" in content) return content;
      const idempotencyKey = `${dispatch.messageId}/${dispatch.endpoint.id}`;
      const envelope = { ...content, from: content.from ?? defaultFrom, idempotencyKey };
      // An app's provider may not listen to its signal, and may throw what it should answer.
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

/** An app's provider may be of JavaScript: what is no reply must not count as one. */
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

/** An e-mail with fields that are not known here was committed by a newer version: it waits for a consumer of that. */
function directContent(payload: unknown): EmailContent | Reply {
  const { data, error } = emailContent.safeParse(payload);
  if (data) return data;
  if (error.issues.some(({ code }) => code === "unrecognized_keys")) {
    const excerpt = "The e-mail has fields that this version does not know: a newer one has committed it";
    return temporary(EMAIL_UNKNOWN, { excerpt });
  }
  return permanent("payload_invalid", "The payload is not an e-mail: commit it with email()");
}
