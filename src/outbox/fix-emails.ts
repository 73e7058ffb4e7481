import { joinPath } from "../platform/check.ts";
import { invalid } from "../platform/errors.ts";
import { type Draft, serialize, withSender } from "./message.ts";

/** Writes the unsubscribe link into an e-mail with a topic, whose path in the request errors begin with. */
export type WriteLink = (tenantId: string, email: unknown, path: string) => Promise<object>;

/** Means to write into e-mails what the settings decide. */
export interface Fixing {
  /** Sender of e-mails that name none. Defaults to the one at the time of sending. */
  emailFrom?: string | undefined;
  /** Writes the unsubscribe link into an e-mail with a topic. Defaults to refusing them: nobody here answers links. */
  writeLink?: WriteLink | undefined;
}

/**
 * Writes into e-mails what the settings decide, their sender and their unsubscribe link, so that each attempt sends the same
 * bytes. It is no part of what an idempotency key stands for.
 * @throws {OutboxError} `invalid_input`, `payload_too_large`
 */
export function fixed(
  { emailFrom, writeLink }: Fixing,
  tenantId: string,
  drafts: readonly Draft[],
): Promise<Draft[]> {
  return Promise.all(
    drafts.map(async (draft) => {
      const sent = withSender(draft, emailFrom);
      const { payload, payloadPath: path } = sent;
      if (!draft.topic) return sent;
      if (!writeLink)
        throw invalid(joinPath(path, ["topic"]), "needs createApi or createUnsubscribe in this Worker");
      return {
        ...sent,
        payload: serialize(await writeLink(tenantId, JSON.parse(payload), path), path, true),
      };
    }),
  );
}
