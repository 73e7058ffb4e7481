import type { Disabling } from "../db/disabling.ts";
import { DIRECT_EMAIL_TYPE } from "../domain/event-type.ts";
import { newNonce } from "../domain/ids.ts";
import { type Announcement, WAITING_MARK } from "../outbox/announce.ts";
import type { Random } from "../platform/clock.ts";
import { type Failure, shownTarget } from "./endpoint-announcements.ts";
import type { EndpointRow } from "./rows.ts";

/** Why an endpoint was disabled. */
interface Occasion {
  disabling: Disabling;
  failure: Failure | null;
}

/** Makes the e-mail that tells a tenant of an endpoint that its own answers disable. Its address is filled in as it is committed. */
export function disabledEmail(
  endpoint: EndpointRow,
  occasion: Occasion,
  now: number,
  random: Random,
): Announcement {
  const { tenant_id: tenantId } = endpoint;
  const subject = `Deliveries to ${nameOf(endpoint)} have stopped`;
  const text = textOf(endpoint, occasion, now);
  return {
    tenantId,
    eventType: DIRECT_EMAIL_TYPE,
    nonce: newNonce(random),
    payload: JSON.stringify({ subject, text }),
    orderingKey: null,
    seq: null,
  };
}

function nameOf(endpoint: EndpointRow): string {
  return endpoint.channel === "handler" ? `the handler ${endpoint.target}` : shownTarget(endpoint);
}

function textOf(endpoint: EndpointRow, occasion: Occasion, now: number): string {
  const { tenant_id: tenant, id, description } = endpoint;
  const paragraphs = [
    `The endpoint ${id}${description ? ` (${description})` : ""} of ${tenant}, ${nameOf(endpoint)}, was disabled at ${inWords(now)}: nothing is sent to it any more.`,
    reasonOf(occasion),
    `Deliveries that wait for it: ${WAITING_MARK}. They are kept, and sent once it is enabled. Messages committed meanwhile make no deliveries to it.`,
    `Repair the receiver, then enable the endpoint: POST /v1/tenants/${tenant}/endpoints/${id}/enable, or ask whoever runs this outbox. If it is not needed any more, delete it.`,
  ];
  return `${paragraphs.join("\n\n")}\n`;
}

function reasonOf({ disabling, failure }: Occasion): string {
  if (disabling.kind === "gone") return "It has answered that it is gone, and asks to be called no more.";
  const { failingSince } = disabling.health;
  const since = failingSince === null ? "" : ` since ${inWords(failingSince)}`;
  const last = failure
    ? ` Its last failure was ${failure.httpStatus === null ? failure.error : `HTTP ${failure.httpStatus}`}, to the message ${failure.messageId} (${failure.eventType}).`
    : "";
  return `Every attempt has failed${since}.${last}`;
}

/** `2026-11-23 12:00 UTC`. */
function inWords(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
