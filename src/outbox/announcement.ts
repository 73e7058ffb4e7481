import type { Disabling } from "../db/disabling.ts";
import type { StoredHealth } from "../db/endpoint-health.ts";
import type { DIRECT_EMAIL_TYPE } from "../domain/event-type.ts";
import type { SystemEvent } from "../domain/system-events.ts";

/**
 * A system event, which becomes a message if an endpoint subscribes to it by name; or an e-mail about one, which becomes a
 * message if its tenant wants such e-mails.
 */
export interface Announcement {
  /** Tenant that it is about; null for the whole deployment. */
  tenantId: string | null;
  eventType: SystemEvent | typeof DIRECT_EMAIL_TYPE;
  nonce: string;
  /** JSON. */
  payload: string;
  orderingKey: string | null;
  /** Sequence number of the message it reports on; null when it reports on none. */
  seq: number | null;
  /** For the guard `told`: instant at which its tenant, or the deployment, was last told of, as read. */
  toldAt?: number | null;
  /** For the guard `fresh`: id of the event of an e-mail that it tells of. */
  eventId?: string;
}

/**
 * Condition of announcements, shared with the change that they report in the same batch. `leased`: each reports on a delivery
 * that carries this lease token. `health`: their endpoint is enabled, and has this health. `told`: nobody has told of the same
 * since it was read. `fresh`: the event of an e-mail is not on record yet. `topic`: the tenant is there, and the address has
 * unsubscribed from the topic, or has not.
 */
export type Guard =
  | { kind: "leased"; leaseToken: string }
  | { kind: "health"; health: StoredHealth }
  | { kind: "told"; of: "late" | "dead" | "complaints" | "filling" }
  | { kind: "fresh" }
  | { kind: "topic"; isOut: boolean; topic: string; address: string }
  | Disabling;

/** Announcements with their condition. */
export interface Announcing {
  announcements: readonly Announcement[];
  guard: Guard;
  /** Endpoint that they, or the deliveries that they report on, belong to. It gets none about itself. */
  endpoint?: { tenantId: string; endpointId: string };
  now: number;
}
