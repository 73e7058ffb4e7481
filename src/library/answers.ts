/**
 * Answers of operations. Instants are texts in ISO 8601 and UTC, as in the HTTP API, so an answer can be sent on as
 * JSON.
 */

import type { presentAudit } from "../answers/audit.ts";
import type {
  presentAttempt,
  presentBlockedKey,
  presentDeadLetter,
  presentDeadLetterGroups,
  presentDeliveryDetail,
  presentListedDelivery,
  presentListedEmail,
} from "../answers/deliveries.ts";
import type { presentEndpoint, presentEndpointWithSecret } from "../answers/endpoints.ts";
import type { presentEventType } from "../answers/event-types.ts";
import type { presentFailure, presentFailureGroups } from "../answers/failures.ts";
import type { presentDismissed, presentReplayed } from "../answers/interventions.ts";
import type { presentListedMessage, presentTrace } from "../answers/messages.ts";
import type { presentPortalLink } from "../answers/portal-links.ts";
import type { presentNow, presentStats } from "../answers/stats.ts";
import type { presentSuppression } from "../answers/suppressions.ts";
import type { presentTenant } from "../answers/tenants.ts";
import type { presentToken } from "../answers/tokens.ts";
import type { presentUnsubscribe } from "../answers/unsubscribes.ts";
import type { Endpoint } from "../registry/endpoints.ts";

/** A page of a list. */
export interface Page<Entry> {
  data: Entry[];
  /**
   * Cursor of the next page; null on the last. A filtered page can have fewer entries than `limit`, or none, and still
   * have a next page.
   */
  nextCursor: string | null;
}

/** A tenant. */
export type TenantAnswer = ReturnType<typeof presentTenant>;

/** Counts of a tenant's messages, deliveries and endpoints. Each tells where it stopped. */
export type StatsAnswer = ReturnType<typeof presentStats>;

/** Counts of a tenant as it stands at this moment, each up to 1,000. */
export type NowAnswer = ReturnType<typeof presentNow>;

/** A token of a tenant, without the token itself. */
export type TokenAnswer = ReturnType<typeof presentToken>;

/** A newly issued token. `token` is shown here, and never again. */
export type NewTokenAnswer = TokenAnswer & { token: string };

/** A link that opens the portal of a tenant once. */
export type PortalLinkAnswer = ReturnType<typeof presentPortalLink>;

/** An event type of a tenant, with its JSON Schema. */
export type EventTypeAnswer = ReturnType<typeof presentEventType>;

/** An endpoint. `version` grows with every change: see `ifVersion`. */
export type EndpointAnswer = ReturnType<typeof presentEndpoint> & Pick<Endpoint, "version">;

/**
 * An endpoint with its new `secret`, by which its receiver verifies. Only webhooks have one. It is never shown again.
 */
export type EndpointSecretAnswer = ReturnType<typeof presentEndpointWithSecret> & Pick<Endpoint, "version">;

/** A message with its deliveries, and their attempts. */
export type MessageAnswer = ReturnType<typeof presentTrace>;

/** A message in a list: with the number of its deliveries, in all and by state. */
export type ListedMessageAnswer = ReturnType<typeof presentListedMessage>;

/** A delivery with its attempts. */
export type DeliveryAnswer = ReturnType<typeof presentDeliveryDetail>;

/** A delivery in a list: with its latest attempt. */
export type ListedDeliveryAnswer = ReturnType<typeof presentListedDelivery>;

/** An attempt of a delivery. */
export type AttemptAnswer = ReturnType<typeof presentAttempt>;

/** A dead letter: a delivery that is not tried again unless a person asks for it. */
export type DeadLetterAnswer = ReturnType<typeof presentDeadLetter>;

/** Groups of dead letters that died alike, and whether they are all. */
export type DeadLetterGroupsAnswer = ReturnType<typeof presentDeadLetterGroups>;

/** An attempt that failed, with its endpoint and facts of its message. */
export type FailureAnswer = ReturnType<typeof presentFailure>;

/** Groups of attempts that failed alike, their span, and whether they are all. */
export type FailureGroupsAnswer = ReturnType<typeof presentFailureGroups>;

/** An ordering key of an endpoint with strict order that a dead delivery blocks. */
export type BlockedKeyAnswer = ReturnType<typeof presentBlockedKey>;

/** An audit entry of an administrative write: its caller, operation, address and extent. */
export type AuditAnswer = ReturnType<typeof presentAudit>;

/**
 * Numbers of deliveries that match, that are tried again by this call, at most 10,000, and that are left for further
 * calls with its `asOf`.
 */
export type Replayed = ReturnType<typeof presentReplayed>;

/** Numbers of dead letters, as of `Replayed`. */
export type Dismissed = ReturnType<typeof presentDismissed>;

/** A direct e-mail: its delivery, with recipients and subject. */
export type EmailAnswer = ReturnType<typeof presentListedEmail>;

/** An address that gets no e-mails of a tenant, with the reason and its end. */
export type SuppressionAnswer = ReturnType<typeof presentSuppression>;

/** An address that gets no e-mails of a topic, and who asked for it. */
export type UnsubscribeAnswer = ReturnType<typeof presentUnsubscribe>;
