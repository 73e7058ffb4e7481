import { and, eq, ne } from "drizzle-orm";
import type { SQLiteUpdateSetSource } from "drizzle-orm/sqlite-core";
import { audited } from "../db/audited.ts";
import { inOneWrite, queryBuilder } from "../db/database.ts";
import { endpoints } from "../db/schema.ts";
import { isBuiltIn } from "../domain/handlers.ts";
import { invalid, OutboxError } from "../platform/errors.ts";
import type { Vault } from "../platform/vault.ts";
import { DELETED, HEALTHY, NEXT_VERSION } from "./endpoint-columns.ts";
import type { EndpointChange } from "./endpoint-input.ts";
import {
  type Endpoint,
  type EndpointTools,
  endpointIf,
  isLive,
  readEndpoint,
  SHOWN,
  withoutSecret,
} from "./endpoint-row.ts";
import { refuseTogether } from "./header-input.ts";
import { sealedAlso, sealHeaders } from "./secrets.ts";

/**
 * @param ifVersion changes it only while this is its version
 * @throws {OutboxError} `tenant_not_found`, `endpoint_not_found`, `invalid_input`, `version_conflict`,
 *   `secret_keys_missing`
 */
export async function updateEndpoint(
  tools: EndpointTools,
  tenantId: string,
  id: string,
  change: EndpointChange,
  ifVersion?: number,
): Promise<Endpoint> {
  const endpoint = await readEndpoint(tools, tenantId, id);
  if (ifVersion !== undefined && endpoint.version !== ifVersion) throw changedMeanwhile(id);
  const target = targetFrom(endpoint, change);
  refuseHeaders(endpoint, change);
  const { url: _url, address: _address, order, secretHeaders, ...rest } = change;
  const ordering = order === null ? "lenient" : order;
  const paced = rest.rateLimit !== undefined && rest.rateLimit !== endpoint.rateLimit;
  const moved = target !== undefined && target !== endpoint.target;
  const set = {
    ...rest,
    ...(target !== undefined && { target }),
    ...(moved && HEALTHY),
    ...(ordering && { ordering }),
    ...(paced && { pacedTo: null }),
    ...(await columnsOf(tools.vault, tenantId, id, secretHeaders)),
  };
  // Its headers were looked at together: neither may have changed meanwhile.
  const headersAsRead = change.headers || secretHeaders ? endpoint.version : undefined;
  const changed = await write(tools, tenantId, id, set, ifVersion ?? headersAsRead);
  // What an order that was strict has blocked is released by the relay.
  const mayBeDue = moved || ordering === "lenient" || paced;
  if (mayBeDue) tools.wake(tenantId, tools.clock.now());
  return changed;
}

async function columnsOf(
  vault: Vault,
  tenantId: string,
  id: string,
  secretHeaders: EndpointChange["secretHeaders"],
) {
  if (secretHeaders === undefined) return {};
  const columns = await sealHeaders(vault, tenantId, id, secretHeaders);
  return columns.secretHeaders === null ? columns : { ...columns, sealedBy: sealedAlso(vault) };
}

const OF_WEBHOOKS = ["url", "headers", "secretHeaders", "giveUpOn"] as const;
const FOREIGN = {
  webhook: ["address"],
  email: OF_WEBHOOKS,
  handler: ["address", ...OF_WEBHOOKS],
} as const;

function targetFrom(endpoint: Endpoint, change: EndpointChange): string | undefined {
  const { channel, id } = endpoint;
  const fixed = isBuiltIn(id) ? (["address", "eventTypes"] as const) : [];
  for (const field of fixed.filter((field) => change[field] !== undefined)) {
    throw invalid(
      field,
      "a built-in endpoint takes only what is addressed to it; create an endpoint of your own",
    );
  }
  const foreign = FOREIGN[channel];
  for (const field of foreign.filter((field) => change[field] !== undefined)) {
    throw invalid(field, `does not belong to an endpoint of the channel "${channel}"`);
  }
  return change.url ?? change.address;
}

/** Those that are to be there afterwards. What is not changed was stored under the rules of its time. */
function refuseHeaders(endpoint: Endpoint, { headers, secretHeaders }: EndpointChange): void {
  if (!headers && !secretHeaders) return;
  const open = headers === undefined ? endpoint.headers : headers;
  const secretNames =
    secretHeaders === undefined ? endpoint.secretHeaderNames : Object.keys(secretHeaders ?? {});
  const refused = refuseTogether(open, secretNames);
  if (refused) throw invalid(refused.path.join("."), refused.message);
}

/**
 * Nothing more is sent to it: what was not delivered yet is cancelled by the relay. The row stays for the
 * trace, without its secrets.
 * @param ifVersion deletes it only while this is its version
 * @throws {OutboxError} `tenant_not_found`, `endpoint_not_found`, `invalid_input`, `version_conflict`
 */
export async function deleteEndpoint(
  tools: EndpointTools,
  tenantId: string,
  id: string,
  ifVersion?: number,
): Promise<void> {
  if (isBuiltIn(id)) {
    throw invalid("", "A built-in endpoint cannot be deleted; disable it to hold back what goes to it.");
  }
  await write(tools, tenantId, id, DELETED, ifVersion);
  tools.wake(tenantId, tools.clock.now());
}

/** Disabled: nothing is sent, nothing new is addressed to it by event type; what is there waits. */
export async function disableEndpoint(tools: EndpointTools, tenantId: string, id: string): Promise<Endpoint> {
  return write(tools, tenantId, id, { state: "disabled", stateReason: "by_request" });
}

/**
 * Paused: nothing is sent, and what is committed meanwhile waits with the rest. Resumed, all of it is due.
 * @throws {OutboxError} `tenant_not_found`, `endpoint_not_found`, `endpoint_disabled`
 */
export async function setEndpointPaused(
  tools: EndpointTools,
  tenantId: string,
  id: string,
  paused: boolean,
): Promise<Endpoint> {
  const which = and(isLive(tenantId, id), ne(endpoints.state, "disabled"));
  const update = queryBuilder(tools.db)
    .update(endpoints)
    .set({
      state: paused ? "paused" : "enabled",
      stateReason: paused ? "by_request" : null,
      ...(!paused && HEALTHY),
      version: NEXT_VERSION,
      updatedAt: tools.clock.now(),
    })
    .where(which)
    .returning(SHOWN);
  const affected = endpointIf(tools.db, which);
  const [[changed]] = await inOneWrite(audited(tools, { tenantId, affected }), [update]);
  if (!changed) {
    await readEndpoint(tools, tenantId, id);
    throw new OutboxError({ code: "endpoint_disabled", endpointId: id });
  }
  if (!paused) tools.wake(tenantId, tools.clock.now());
  return withoutSecret(changed);
}

/** Enabled: what waited for it is due again at once, and its failures are forgotten. */
export async function enableEndpoint(tools: EndpointTools, tenantId: string, id: string): Promise<Endpoint> {
  const endpoint = await write(tools, tenantId, id, { state: "enabled", stateReason: null, ...HEALTHY });
  tools.wake(tenantId, tools.clock.now());
  return endpoint;
}

async function write(
  tools: EndpointTools,
  tenantId: string,
  id: string,
  set: SQLiteUpdateSetSource<typeof endpoints>,
  ifVersion?: number,
): Promise<Endpoint> {
  const ofVersion = ifVersion === undefined ? undefined : eq(endpoints.version, ifVersion);
  const which = and(isLive(tenantId, id), ofVersion);
  const update = queryBuilder(tools.db)
    .update(endpoints)
    .set({ ...set, version: NEXT_VERSION, updatedAt: tools.clock.now() })
    .where(which)
    .returning(SHOWN);
  const affected = endpointIf(tools.db, which);
  const [[changed]] = await inOneWrite(audited(tools, { tenantId, affected }), [update]);
  if (changed) return withoutSecret(changed);
  await readEndpoint(tools, tenantId, id);
  throw changedMeanwhile(id);
}

function changedMeanwhile(endpointId: string): OutboxError {
  return new OutboxError({ code: "version_conflict", endpointId });
}
