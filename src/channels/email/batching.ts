import {
  BATCH_REFUSED,
  type Channel,
  type Dispatch,
  type Refusal,
  type Reply,
  temporary,
} from "../channel.ts";
import type { AccountDesk } from "./account-desk.ts";
import { answerOf, checkedReply, tell } from "./answers.ts";
import { addressOf, envelopeOf, senderOf } from "./envelope.ts";
import type { EmailBatching, EmailProvider, Envelope } from "./provider.ts";

/** Sends direct e-mails of one sender together: a refusal of their sender is then of all of them. */
export function batching(provider: EmailProvider, batch: EmailBatching, desk: AccountDesk): Channel["batch"] {
  return {
    most: batch.most,
    repeatsForMs: (provider.idempotencySeconds ?? 0) * 1000,

    groupOf({ payload, endpointId }) {
      const from = senderOf(endpointId, payload);
      return from === undefined ? undefined : addressOf(from);
    },

    async deliver(dispatches, key, signal) {
      const envelopes = dispatches.map((dispatch) => envelopeOf(dispatch, ""));
      const refused = envelopes.find(isRefusal);
      const ready = envelopes.filter((envelope) => !isRefusal(envelope)) as Envelope[];
      const [first] = ready;
      if (refused || !first) return each(dispatches, refused ?? temporary(BATCH_REFUSED));
      const answer = await answerOf(provider, signal, () => batch.send(ready, key, signal));
      if ("kind" in answer)
        return each(dispatches, await tell(desk, first.from, wholeOf(checkedReply(answer))));
      if (answer.length !== ready.length) {
        throw new TypeError(
          `The e-mail provider has answered ${answer.length} replies to ${ready.length} e-mails`,
        );
      }
      const replies = answer.map(checkedReply);
      await tell(desk, first.from, replies.find(({ kind }) => kind === "accepted") ?? (replies[0] as Reply));
      return replies;
    },
  };
}

/** A refusal of the whole for one e-mail's sake is none of the others: each goes alone from now on. */
function wholeOf<R extends Reply>(refusal: R): R | Refusal {
  if (refusal.kind === "accepted") return refusal;
  const { kind, scope, httpStatus, excerpt } = refusal;
  if (kind !== "permanent" && scope !== "message" && scope !== "recipient") return refusal;
  return temporary(BATCH_REFUSED, { httpStatus, excerpt, spares: true, scope: "message" });
}

function isRefusal(envelope: Envelope | Refusal): envelope is Refusal {
  return "kind" in envelope;
}

function each(dispatches: readonly Dispatch[], reply: Reply): Reply[] {
  return dispatches.map(() => reply);
}
