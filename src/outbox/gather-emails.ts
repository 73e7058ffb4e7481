import type { Draft } from "./draft.ts";
import type { CommittedMessage } from "./plan.ts";

/**
 * Messages as the request has them: e-mails that come of one are the first of them, with all of them. Their sequence tells them
 * apart, because some of a repetition may be purged.
 */
export function gatherEmails(
  messages: readonly CommittedMessage[],
  drafts: readonly Draft[],
): CommittedMessage[] {
  const entries = new Map<string, CommittedMessage>();
  for (const message of messages) {
    const { id, sequence } = message;
    const { path, to } = drafts[sequence - (messages[0] ?? message).sequence] as Draft;
    const emails = entries.get(path)?.emails ?? [];
    if (!emails[0]) entries.set(path, to ? { ...message, emails } : message);
    if (to) emails.push({ id, sequence, to });
  }
  return [...entries.values()];
}
