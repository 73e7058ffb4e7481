import type { EmailContent } from "../domain/email-content.ts";
import { recipientsOf } from "../domain/email-status.ts";
import { UNSUBSCRIBE_MARK } from "../domain/email-topic.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../domain/ids.ts";
import { joinPath } from "../platform/check.ts";
import { invalid } from "../platform/errors.ts";
import { makeLink, type UnsubscribeLinks } from "../platform/unsubscribe-link.ts";
import { type Draft, serialize, withSender } from "./message.ts";

/** Settings that e-mails are written by. */
export interface Fixing {
  /** Sender of e-mails that name none. Defaults to the one at the time of sending. */
  emailFrom?: string | undefined;
  /** Means to make unsubscribe links. Defaults to none: e-mails with a topic are refused. */
  unsubscribeLinks?: (() => UnsubscribeLinks | undefined) | undefined;
}

/**
 * Writes into e-mails what the settings decide, their sender and their unsubscribe link, so that each attempt sends the same
 * bytes. It is no part of what an idempotency key stands for.
 * @throws {OutboxError} `invalid_input` for a topic without these settings, `payload_too_large`
 */
export function fixed(tools: Fixing, tenantId: string, drafts: readonly Draft[]): Promise<Draft[]> {
  return Promise.all(drafts.map((draft) => withLink(tools, tenantId, withSender(draft, tools.emailFrom))));
}

async function withLink({ unsubscribeLinks }: Fixing, tenantId: string, draft: Draft): Promise<Draft> {
  const { payloadPath, endpointIds } = draft;
  if (!endpointIds?.includes(DIRECT_EMAIL_ENDPOINT) || !draft.payload.includes('"topic"')) return draft;
  const email: EmailContent = JSON.parse(draft.payload);
  const { topic, text, html } = email;
  if (!topic) return draft;
  const links = unsubscribeLinks?.();
  if (!links) {
    const path = joinPath(payloadPath, ["topic"]);
    throw invalid(
      path,
      "needs the settings EMAIL_UNSUBSCRIBE_URL and SECRET_KEYS, of which its link is made",
    );
  }
  const [address = ""] = recipientsOf(email);
  const unsubscribe = await makeLink(links, { tenantId, topic, address });
  const filled = (part?: string) => part?.replaceAll(UNSUBSCRIBE_MARK, unsubscribe);
  const whole = { ...email, text: filled(text), html: filled(html), unsubscribe };
  return { ...draft, payload: serialize(whole, payloadPath) };
}
