import type { Database, Statement } from "../db/database.ts";
import { columnsOf, type RowOf } from "../db/row.ts";
import type { emailEvents } from "../db/schema.ts";
import {
  type EmailStatus,
  gravest,
  plainAddress,
  recipientsOf,
  shownStatus,
  statusOfDelivery,
} from "../domain/email-status.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../domain/ids.ts";
import type { DeliveryView } from "./delivery-view.ts";

const OF_EVENT = [
  "endpoint_id",
  "address",
  "status",
  "provider",
  "provider_id",
  "detail",
  "at",
  "received_at",
] as const;

export type EmailEventRow = RowOf<typeof emailEvents, (typeof OF_EVENT)[number]>;

/** Bounce of an e-mail: `soft` may pass, `hard` will not. Null: it is none. */
type Bounce = "soft" | "hard" | null;

/** An event of a recipient, as the provider told it. Instants in milliseconds. */
export interface EmailEventTrace {
  status: EmailStatus;
  bounce: Bounce;
  provider: string;
  /** The provider's id of the e-mail. */
  providerMessageId: string | null;
  detail: string | null;
  at: number;
  receivedAt: number;
}

/** A recipient of an e-mail, with the gravest status that came back of it. */
export interface RecipientTrace {
  address: string;
  status: EmailStatus;
  bounce: Bounce;
  events: EmailEventTrace[];
}

/** Events of a message's e-mails, in the order in which they happened. */
export function selectEmailEvents(db: Database, tenantId: string, seq: number): Statement {
  return db
    .prepare(`
      SELECT ${columnsOf<typeof emailEvents>("x", OF_EVENT)} FROM outbox_email_events x
      WHERE x.tenant_id = ?1 AND x.seq = ?2 ORDER BY x.at, x.id`)
    .bind(tenantId, seq);
}

/** Recipients of a delivery by e-mail. Null: it goes another way. `payload`: of a direct e-mail, as JSON. */
export function viewRecipients(
  delivery: Pick<DeliveryView, "endpointId" | "channel" | "state" | "reason" | "error" | "target">,
  payload: string | null,
  events: readonly EmailEventRow[],
): RecipientTrace[] | null {
  if (delivery.channel !== "email") return null;
  const own = events.filter(({ endpoint_id }) => endpoint_id === delivery.endpointId);
  const told = own.map(({ address }) => address);
  const addresses = new Set([...addressesOf(delivery, payload), ...told]);
  return [...addresses].map((address) => {
    const of = own.filter((event) => event.address === address);
    const status = gravest(of.map((event) => event.status));
    const shown = status ? shownStatus(status) : { status: statusOfDelivery(delivery), bounce: null };
    return { address, ...shown, events: of.map(viewEvent) };
  });
}

function addressesOf(
  { endpointId, target }: Pick<DeliveryView, "endpointId" | "target">,
  payload: string | null,
): string[] {
  if (endpointId === DIRECT_EMAIL_ENDPOINT) return recipientsOf(JSON.parse(payload ?? "null"));
  return [plainAddress(target ?? "") ?? []].flat();
}

function viewEvent({
  status,
  provider,
  provider_id,
  detail,
  at,
  received_at,
}: EmailEventRow): EmailEventTrace {
  return {
    ...shownStatus(status),
    provider,
    providerMessageId: provider_id,
    detail,
    at,
    receivedAt: received_at,
  };
}
