import type { Statement } from "../db/database.ts";
import type { KnownHandlers } from "../domain/handlers.ts";
import type { TraceContext } from "../domain/trace-context.ts";
import type { CommitLease } from "./commit-lease.ts";
import type { Draft } from "./message.ts";
import type { Fingerprint } from "./no-sealing.ts";
import type { LeasedAtCommit } from "./rows.ts";
import type { Admission } from "./statements.ts";

export type { Write } from "../db/writes.ts";

/** A commit ready to send: checked, and with all random parts drawn. */
export interface Plan extends Omit<Admission, "typesVersion">, TraceContext, Fingerprint {
  writes: readonly Statement[];
  drafts: readonly Draft[];
  handlers: KnownHandlers;
  key: string | undefined;
  lease: CommitLease | undefined;
}

export interface CommittedMessage {
  id: string;
  /** Position in the tenant's sequence: 1, 2, 3 … in commit order, without a gap. */
  sequence: number;
  eventType: string;
  committedAt: Date;
  /** Number of endpoints that the message goes to. A message without any is kept all the same. */
  deliveries: number;
  /** E-mails that were made of one to several recipients, one for each, this message the first of them. */
  emails?: { id: string; sequence: number; to: string }[];
}

export interface CommitResult {
  messages: CommittedMessage[];
  /**
   * D1's result of each of the app's statements. Empty for a duplicate, which does not run them, and when D1's answer
   * was lost but the commit was found.
   */
  writes: D1Result[];
  /** True if this commit was made before under its idempotency key. */
  duplicate: boolean;
}

/** A commit that was made, and its deliveries to look after. */
export interface Made {
  result: CommitResult;
  /** Deliveries under the lease of this commit, which it hands over. */
  leased: readonly LeasedAtCommit[];
  /** Instant at which the relay must look; null for never. */
  lookAt: number | null;
}
