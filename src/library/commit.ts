import * as z from "zod";
import { presentCommitted } from "../answers/messages.ts";
import { type CommitRequest, commit, commitDrafts } from "../outbox/commit.ts";
import { type CheckedMessage, draftChecked } from "../outbox/message.ts";
import { checked } from "../platform/check.ts";
import type { Ask, LibraryTools } from "./tools.ts";

/** A message that was committed. */
export interface CommittedMessage {
  /** `msg_…` */
  id: string;
  /** Position in the tenant's sequence: 1, 2, 3 … in commit order, without a gap. */
  sequence: number;
  eventType: string;
  /** ISO 8601 in UTC. */
  committedAt: string;
  /** Number of endpoints that the message goes to. A message without any is kept all the same. */
  deliveries: number;
  /**
   * E-mails that were made of one to several recipients, in the order of `to`: one for each, this message the first of them. Left
   * out for any other message.
   */
  emails?: { id: string; sequence: number; to: string }[];
}

/** Result of a commit. */
export interface Committed {
  /** An entry for each message of the request, in its order. */
  messages: CommittedMessage[];
  /**
   * D1's result of each of the app's statements. Empty for a duplicate, which does not run them, and when D1's answer
   * was lost but the commit was found.
   */
  writes: D1Result[];
  /** True if this commit was made before under its idempotency key. */
  duplicate: boolean;
}

const anObject = z.custom<object>((given) => typeof given === "object" && given !== null, {
  error: "must be an object, as { messages }",
});

export async function commitAnswered(ask: Ask, tenantId: string, request: CommitRequest): Promise<Committed> {
  const tools = ask({ tenantId });
  checked(anObject, request, "request");
  const committed = await tools.seeThrough(commit(tools, tenantId, request));
  return { ...committed, messages: committed.messages.map(presentCommitted) };
}

/** Commits a single message of the outbox's own making. */
export async function commitCheckedOne(
  tools: LibraryTools,
  tenantId: string,
  message: CheckedMessage,
): Promise<CommittedMessage> {
  const drafts = draftChecked(message, "", { now: tools.clock.now(), random: tools.random });
  const { messages } = await tools.seeThrough(commitDrafts(tools, tenantId, { drafts }));
  const [committed] = messages;
  if (!committed) throw new Error("A commit of one message answers one message");
  return presentCommitted(committed);
}
