import { columnsOf, type RowOf } from "../db/row.ts";
import type { eventTypes, idempotencyKeys, messages, tenants } from "../db/schema.ts";
import type { MessageIdRow } from "../domain/message-id.ts";
import type { ChannelName } from "../domain/states.ts";
import type { ClaimedRow } from "../relay/statements.ts";

const OF_KEY = ["fingerprint", "first_seq", "message_count"] as const;

/** SQL: columns of a commit's idempotency key `k`. */
export const KEY_COLUMNS = columnsOf<typeof idempotencyKeys>("k", OF_KEY);

/** A commit, as its idempotency key remembers it. */
export type KeyRow = RowOf<typeof idempotencyKeys, (typeof OF_KEY)[number]>;

const OF_MESSAGE = ["event_type", "committed_at"] as const;

/** SQL: columns of a committed message `m`. */
export const COMMITTED_COLUMNS = columnsOf<typeof messages>("m", OF_MESSAGE);

/** A committed message, and how many deliveries it has. */
export interface CommittedRow extends MessageIdRow, RowOf<typeof messages, (typeof OF_MESSAGE)[number]> {
  deliveries: number;
}

/** State of the tenant and of the token, by which a commit is admitted. */
export interface AdmissionRow extends RowOf<typeof tenants, "state" | "types_version"> {
  authorized: 0 | 1;
}

/** An event type that has a schema. */
export interface SchemaRow extends RowOf<typeof eventTypes, "name"> {
  schema: string;
}

/** A delivery that its commit has leased, as a claim of the relay would have it. */
export interface LeasedAtCommit extends ClaimedRow {
  channel: ChannelName;
}

/** A delivery that was made. Its last columns are null unless its commit has leased it. */
export type FannedOutRow = { seq: number; waits_until: number | null } & (
  | LeasedAtCommit
  | { endpoint_id: null }
);
