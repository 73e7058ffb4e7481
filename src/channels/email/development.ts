import { plainAddress } from "../../domain/email-status.ts";
import { isAllowed } from "../../platform/email-dev-setting.ts";
import { type Reply, temporary } from "../channel.ts";
import type { EmailProvider, Envelope } from "./provider.ts";

/** Keeps an e-mail instead of sending it. `reason`: why it is kept though others are sent; null: none is sent. */
export type Keep = (envelope: Envelope, reason: string | null) => Promise<Reply>;

/** Bundlers write the kind of their build in its place. */
declare const process: { env: { NODE_ENV?: string } };

/**
 * Keeps nothing, for a Worker without a mailbox: the message itself has the e-mail. In a Worker that was built for production the
 * e-mails wait: if its settings say development by mistake, none is lost.
 */
export const dropEmail: Keep = async (_, reason) => {
  if (reason === null && process.env.NODE_ENV === "production") {
    const excerpt =
      "Not sent: ENVIRONMENT is development, but the Worker was built for production. Remove ENVIRONMENT, or set EMAIL_DEV to live.";
    return temporary("built_for_production", { scope: "account", excerpt });
  }
  return { kind: "accepted", httpStatus: null, excerpt: reason ?? "Not sent: ENVIRONMENT is development." };
};

/** Keeps every e-mail. */
export function keepingProvider(keep: Keep): EmailProvider {
  return { send: (envelope) => keep(envelope, null) };
}

/** Sends e-mails whose recipients are all allowed, and keeps the others. */
export function guardedProvider(live: EmailProvider, keep: Keep, allow: readonly string[]): EmailProvider {
  const reasonOf = ({ to, cc = [], bcc = [] }: Envelope) => {
    const refused = [...to, ...cc, ...bcc].filter((one) => !isAllowed(allow, plainAddress(one) ?? ""));
    return refused.length === 0 ? null : `Not sent: EMAIL_DEV_ALLOW does not allow ${refused.join(", ")}.`;
  };
  const { batch } = live;
  return {
    ...live,
    send(envelope, signal) {
      const reason = reasonOf(envelope);
      return reason === null ? live.send(envelope, signal) : keep(envelope, reason);
    },
    batch: batch && {
      ...batch,
      async send(envelopes, key, signal) {
        const allowed = envelopes.filter((envelope) => reasonOf(envelope) === null);
        const sent = allowed.length === 0 ? [] : await batch.send(allowed, key, signal);
        if ("kind" in sent) return sent;
        const replies = new Map(allowed.map((envelope, place) => [envelope, sent[place] as Reply]));
        return Promise.all(
          envelopes.map((envelope) => replies.get(envelope) ?? keep(envelope, reasonOf(envelope))),
        );
      },
    },
  };
}
