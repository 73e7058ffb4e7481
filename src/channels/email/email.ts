import { type EmailContent, emailContent } from "../../domain/email-content.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../../domain/ids.ts";
import { parseExact } from "../../platform/exact-json.ts";
import { type Channel, type Dispatch, PAYLOAD_INVALID, type Reply, temporary } from "../channel.ts";

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

/** Direct e-mails as they were committed; for a subscribed address, an e-mail that tells of the event. */
export function emailChannel(provider: EmailProvider, defaultFrom: string): Channel {
  return {
    async deliver(dispatch, signal) {
      const content = contentOf(dispatch);
      if (!content) {
        const excerpt =
          "The payload is not an e-mail that this version of the Worker knows: commit it with email()";
        return temporary(PAYLOAD_INVALID, { excerpt });
      }
      const idempotencyKey = `${dispatch.messageId}/${dispatch.endpoint.id}`;
      return provider.send({ ...content, from: content.from ?? defaultFrom, idempotencyKey }, signal);
    },
  };
}

function contentOf(dispatch: Dispatch): EmailContent | undefined {
  const payload = parseExact(dispatch.payload);
  if (dispatch.endpoint.id === DIRECT_EMAIL_ENDPOINT) return emailContent.safeParse(payload).data;
  return {
    to: [dispatch.endpoint.target],
    subject: dispatch.eventType,
    text: `${dispatch.eventType}\n\n${JSON.stringify(payload, null, 2)}\n\n${dispatch.messageId}\n`,
  };
}
