import { ConfigError } from "../platform/errors.ts";
import { type AuditOperations, auditOperations } from "./audit.ts";
import {
  type BlockedKeyOperations,
  blockedKeyOperations,
  type DeadLetterOperations,
  type DeliveryOperations,
  deadLetterOperations,
  deliveryOperations,
} from "./deliveries.ts";
import { type EndpointOperations, endpointOperations } from "./endpoints.ts";
import { type EventTypeOperations, eventTypeOperations } from "./event-types.ts";
import { type FailureOperations, failureOperations } from "./failures.ts";
import {
  type EmailOperations,
  emailOperations,
  type MessageOperations,
  messageOperations,
} from "./messages.ts";
import type { PortalLinkOperations } from "./portal-links.ts";
import { type SuppressionOperations, suppressionOperations } from "./suppressions.ts";
import { type TenantOperations, tenantOperations } from "./tenants.ts";
import { type TokenOperations, tokenOperations } from "./tokens.ts";
import type { Ask } from "./tools.ts";
import { type UnsubscribeOperations, unsubscribeOperations } from "./unsubscribes.ts";

/** The operations of the HTTP API as functions, with the API's rules, refusals and answers. */
export interface Operations {
  tenants: TenantOperations;
  tokens: TokenOperations;
  portalLinks: PortalLinkOperations;
  eventTypes: EventTypeOperations;
  endpoints: EndpointOperations;
  messages: MessageOperations;
  emails: EmailOperations;
  suppressions: SuppressionOperations;
  unsubscribes: UnsubscribeOperations;
  deliveries: DeliveryOperations;
  deadLetters: DeadLetterOperations;
  blockedKeys: BlockedKeyOperations;
  failures: FailureOperations;
  audit: AuditOperations;
}

const NO_PORTAL_LINKS: PortalLinkOperations = {
  async create() {
    throw new ConfigError("Links to the portal need createApi of edge-outbox/api in this Worker.");
  },
};

/** @param portalLinks makes links to the portal. Undefined: this Worker has no API, which serves it */
export function operationsOf(ask: Ask, portalLinks: PortalLinkOperations = NO_PORTAL_LINKS): Operations {
  return {
    tenants: tenantOperations(ask),
    tokens: tokenOperations(ask),
    portalLinks,
    eventTypes: eventTypeOperations(ask),
    endpoints: endpointOperations(ask),
    messages: messageOperations(ask),
    emails: emailOperations(ask),
    suppressions: suppressionOperations(ask),
    unsubscribes: unsubscribeOperations(ask),
    deliveries: deliveryOperations(ask),
    deadLetters: deadLetterOperations(ask),
    blockedKeys: blockedKeyOperations(ask),
    failures: failureOperations(ask),
    audit: auditOperations(ask),
  };
}
