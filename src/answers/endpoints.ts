import type { Database } from "../db/database.ts";
import { isBuiltIn } from "../domain/handlers.ts";
import type { EndpointState } from "../domain/states.ts";
import type { EndpointInput } from "../registry/endpoint-input.ts";
import { type Endpoint, type EndpointPageRequest, listEndpoints } from "../registry/endpoints.ts";
import { type Asked, answerPage, createdCursor } from "./page.ts";
import { toIso } from "./to-iso.ts";

/** Target of an endpoint, in the field of its channel. */
interface Target {
  url?: string | undefined;
  address?: string | null | undefined;
  handler?: string | undefined;
}

/** The keys are the channels of the input, so that a channel without a field does not compile. */
const TARGET_FIELD = { webhook: "url", email: "address", handler: "handler" } as const satisfies Record<
  EndpointInput["channel"],
  keyof Target
>;

function targetOf({ channel, target }: Endpoint): Target {
  // Only the built-in endpoint of e-mails has no target.
  return { [TARGET_FIELD[channel]]: target || null };
}

/** Leaves out the secret, which only the calls that make it add. */
export function presentEndpoint(endpoint: Endpoint) {
  return {
    id: endpoint.id,
    channel: endpoint.channel,
    ...targetOf(endpoint),
    builtIn: isBuiltIn(endpoint.id),
    // A deleted tenant or endpoint is never found.
    state: endpoint.state as Exclude<EndpointState, "deleted">,
    stateReason: endpoint.stateReason,
    eventTypes: endpoint.eventTypes,
    description: endpoint.description,
    headers: endpoint.headers,
    secretHeaders: endpoint.secretHeaderNames,
    retrySchedule: endpoint.retrySchedule,
    order: endpoint.ordering,
    giveUpOn: endpoint.giveUpOn,
    payloadFormat: endpoint.channel === "webhook" ? endpoint.payloadFormat : null,
    rateLimit: endpoint.rateLimit,
    maxConcurrency: endpoint.maxConcurrency,
    secretSetAt: toIso(endpoint.secretSetAt),
    earlierSecretsEndAt: endpoint.earlierSecretsEndAt.map((at) => toIso(at)),
    failingSince: toIso(endpoint.failingSince),
    heldUntil: toIso(endpoint.heldUntil),
    createdAt: toIso(endpoint.createdAt),
    updatedAt: toIso(endpoint.updatedAt),
  };
}

/** Answer of the calls that make the secret. */
export function presentEndpointWithSecret(endpoint: Endpoint) {
  return { ...presentEndpoint(endpoint), ...(endpoint.secret !== null && { secret: endpoint.secret }) };
}

/** `present`: turns an endpoint into the caller's answer. */
export function endpointsPage<Answer>(
  db: Database,
  tenantId: string,
  query: Asked<EndpointPageRequest>,
  present: (endpoint: Endpoint) => Answer,
) {
  return answerPage(query, {
    cursor: createdCursor,
    read: (page) => listEndpoints(db, tenantId, page),
    present,
  });
}
