import { z } from "zod";
import { presentCommitted } from "../api/messages/answers.ts";
import { type CommitRequest, commit } from "../outbox/commit.ts";
import { checked } from "../platform/check.ts";
import type { Ask } from "./tools.ts";

/** A message that was committed. */
export interface CommittedMessage {
  /** `msg_…` */
  id: string;
  /** Its place in the tenant's sequence: 1, 2, 3 … in commit order, without a gap. */
  sequence: number;
  eventType: string;
  /** ISO 8601 in UTC. */
  committedAt: string;
  /** How many endpoints it goes to. 0: nobody was interested; it is kept and shows as such. */
  deliveries: number;
}

/** What a commit has done. */
export interface Committed {
  /** In the order of the request. */
  messages: CommittedMessage[];
  /**
   * D1's answer to each of the app's statements. Empty for a duplicate, as they were not run; and when D1's answer was lost,
   * and the commit found to have happened.
   */
  writes: D1Result[];
  /** True if the idempotency key had been used for this same commit before. */
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
