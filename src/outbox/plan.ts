import type { Statement } from "../db/database.ts";
import type { KnownHandlers } from "../domain/handlers.ts";
import type { TraceContext } from "../domain/trace-context.ts";
import type { Draft } from "./message.ts";
import type { Admission } from "./statements.ts";

export type { Write } from "../db/writes.ts";

/** A commit as it is to be made: checked, and with everything in it that chance decides. */
export interface Plan extends Omit<Admission, "typesVersion">, TraceContext {
  writes: readonly Statement[];
  drafts: Draft[];
  handlers: KnownHandlers;
  key: string | undefined;
  fingerprint: string;
}

export interface CommittedMessage {
  id: string;
  /** Its place in the tenant's sequence: 1, 2, 3 … in commit order, without a gap. */
  sequence: number;
  eventType: string;
  committedAt: Date;
  /** How many endpoints it goes to. 0: nobody was interested; it is kept and shows as such. */
  deliveries: number;
}

export interface Committed {
  messages: CommittedMessage[];
  /**
   * What D1 answered to each of the app's statements. Empty for a duplicate, as they were not run; and when D1's
   * answer was lost, and the commit found to have happened.
   */
  writes: D1Result[];
  /** True if the idempotency key had been used for this same commit before. */
  duplicate: boolean;
}
