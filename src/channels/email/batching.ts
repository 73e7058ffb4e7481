import { BATCH_REFUSED, type Batching, EMAIL_UNKNOWN, type Reply, temporary } from "../channel.ts";
import type { AccountDesk } from "./account-desk.ts";
import { checkedReply, emailAnswerOf, tell, withoutGone, withRef } from "./answers.ts";
import { addressOf, envelopeOf, sharingSenderOf } from "./envelope.ts";
import type { EmailBatching, EmailProvider } from "./provider.ts";

/** Sends direct e-mails of one sender together: a refusal of their sender is then of all of them. */
export function batching(
  provider: EmailProvider,
  batch: EmailBatching & { account: string; isOfPool: boolean },
  desk: AccountDesk,
): Omit<Batching, "open"> {
  return {
    most: batch.most,
    account: batch.account,
    repeatsForMs: (provider.idempotencySeconds ?? 0) * 1000,

    groupOf({ payload, endpointId }) {
      const from = sharingSenderOf(endpointId, payload);
      return from === undefined ? undefined : addressOf(from);
    },

    async deliver(dispatches, key, signal) {
      const ready = dispatches.flatMap((dispatch) => {
        const ordered = envelopeOf(dispatch, "");
        return "kind" in ordered ? [] : ordered.envelope;
      });
      const [first] = ready;
      // Another version has made up the request, and can repeat it.
      if (ready.length < dispatches.length || !first)
        return each(dispatches, temporary(EMAIL_UNKNOWN, { spares: true }));
      const answer = await emailAnswerOf(provider, signal, () => batch.send(ready, key, signal));
      if ("kind" in answer) {
        const whole = await tell(desk, first.from, wholeOf(checkedReply(answer)), batch.isOfPool);
        // Words about one tenant's e-mails are none of another's.
        const isOfOne = dispatches.every(({ tenantId }) => tenantId === first.tenantId);
        return each(dispatches, isOfOne ? whole : { ...whole, excerpt: null });
      }
      if (answer.length !== ready.length) {
        throw new TypeError(
          `The e-mail provider has answered ${answer.length} replies to ${ready.length} e-mails`,
        );
      }
      const replies = answer.map((reply) => withRef(withoutGone(checkedReply(reply)), provider));
      const telling = replies.find(({ kind }) => kind === "accepted") ?? (replies[0] as Reply);
      await tell(desk, first.from, telling, batch.isOfPool);
      return replies;
    },
  };
}

/** Statuses that say nothing against an e-mail of a request: it took too long, is under way or known, or comes too soon. */
const NOT_OF_ONE = new Set([408, 409, 425, 429]);

/**
 * A refusal of the whole for one e-mail's sake is none of the others: each goes alone from now on. One of other e-mails under a
 * known key, 409, is final: they were taken.
 */
function wholeOf(refusal: Reply): Reply {
  if (refusal.kind === "accepted") return refusal;
  const { kind, scope, httpStatus, excerpt, spares } = refusal;
  const status = httpStatus ?? 0;
  const isOdd = status >= 400 && status < 500 && scope !== "sender" && scope !== "account" && !spares;
  if ((kind === "temporary" && !isOdd) || NOT_OF_ONE.has(status)) return withoutGone(refusal);
  return temporary(BATCH_REFUSED, { httpStatus, excerpt, spares: true, scope: "message" });
}

function each(dispatches: readonly unknown[], reply: Reply): Reply[] {
  return dispatches.map(() => reply);
}
