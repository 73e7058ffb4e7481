import { and, ne, sql } from "drizzle-orm";
import type { SQLiteUpdateSetSource } from "drizzle-orm/sqlite-core";
import { newSecret } from "../channels/webhook/sign.ts";
import { audited } from "../db/audited.ts";
import { type Before, inOneWrite, queryBuilder } from "../db/database.ts";
import { endpoints } from "../db/schema.ts";
import type { AuditSubject } from "../domain/audit.ts";
import { isBuiltIn } from "../domain/handlers.ts";
import { isChat } from "../domain/states.ts";
import { invalid, OutboxError } from "../platform/errors.ts";
import type { Vault } from "../platform/vault.ts";
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
import { DELETED, HEALTHY, NEXT_VERSION } from "./endpoint-writes.ts";
import { refuseArchived } from "./event-types.ts";
import { keepTarget } from "./former-targets.ts";
import { refuseTogether } from "./header-input.ts";
import { refuseListeners } from "./refuse-listeners.ts";
import { requireTarget } from "./require-target.ts";
import { sealedAlso, sealHeaders, sealSecret } from "./secrets.ts";
import { targetFrom, withoutMask } from "./target-change.ts";

interface IfVersions {
  /** Changes the endpoint only while it has one of these versions. Defaults to any version. */
  ifVersions?: readonly number[] | undefined;
}

/**
 * Changes an endpoint. A webhook whose URL moves to another origin loses its secret headers, unless the change brings
 * new ones, and the change must decide about its signing secret. The answer shows only a new secret.
 * @throws {OutboxError} `tenant_not_found`, `endpoint_not_found`, `invalid_input`, `version_conflict`,
 * `secret_keys_missing`
 */
export async function updateEndpoint(
  tools: EndpointTools,
  tenantId: string,
  id: string,
  { ifVersions, ...given }: EndpointChange & IfVersions,
): Promise<Endpoint> {
  const endpoint = await readEndpoint(tools, tenantId, id);
  const change = withoutMask(endpoint, given);
  await refuseWhere(tools, tenantId, id, change);
  if (ifVersions && !ifVersions.includes(endpoint.version)) throw changedMeanwhile(id);
  const target = targetFrom(endpoint, change);
  refuseHeaders(endpoint, change);
  const { secret, columns } = await secretsAfter(tools, tenantId, endpoint, change);
  const options = optionsAfter(change);
  const paced = change.rateLimit !== undefined && change.rateLimit !== endpoint.rateLimit;
  const moved = target !== undefined && target !== endpoint.target;
  const set = {
    ...options,
    ...(moved && { target, ...HEALTHY }),
    ...(paced && { pacedTo: null }),
    ...columns,
  };
  // The checks covered its headers together, and its URL: neither may have changed meanwhile.
  const asRead = change.headers || change.secretHeaders || moved ? [endpoint.version] : undefined;
  const subject = secret === null ? undefined : ({ secretRotated: true } as const);
  const first = moved ? keepTarget(tools.db, tenantId, id, endpoint.version) : [];
  const changed = await write(tools, tenantId, id, { set, first, subject, ifVersions: asRead ?? ifVersions });
  // The relay releases keys that an earlier strict order has blocked.
  const mayBeDue = moved || options.ordering === "lenient" || paced || change.maxConcurrency !== undefined;
  if (mayBeDue) tools.wake(tenantId, tools.clock.now());
  return { ...changed, secret };
}

/** The columns that are stored as given; null resets an option to its default. */
function optionsAfter(change: EndpointChange) {
  const {
    url: _url,
    address: _address,
    signingSecret: _fate,
    secretHeaders: _secret,
    order,
    payloadFormat,
    ...asGiven
  } = change;
  return {
    ...asGiven,
    ...(order !== undefined && { ordering: order ?? "lenient" }),
    ...(payloadFormat !== undefined && { payloadFormat: payloadFormat ?? "standard" }),
  };
}

/** The new secret, if any, and the columns of all changed secrets. */
async function secretsAfter(
  { vault, random, clock }: EndpointTools,
  tenantId: string,
  endpoint: Endpoint,
  change: EndpointChange,
) {
  const { id } = endpoint;
  const leaving = leaves(endpoint, change);
  const isOfChat = isChat(endpoint.payloadFormat);
  if (!isOfChat) refuseFate(change, leaving);
  // A new receiver must not get secrets that were meant for the previous one.
  const headers = leaving ? (change.secretHeaders ?? null) : change.secretHeaders;
  const columns = await columnsOf(vault, tenantId, id, headers);
  const secret = isOfChat ? change.url : change.signingSecret === "rotate" ? newSecret(random) : undefined;
  if (secret === undefined) return { secret: null, columns };
  const sealed = await sealSecret(vault, tenantId, id, secret);
  return {
    secret: isOfChat ? null : secret,
    columns: {
      ...columns,
      secret: sealed,
      previousSecrets: null,
      secretSetAt: clock.now(),
      sealedBy: sealedAlso(vault),
    },
  };
}

/** True if webhooks go to another origin from now on, and so probably to somebody else. */
function leaves({ channel, target }: Endpoint, { url }: EndpointChange): boolean {
  return channel === "webhook" && url !== undefined && URL.parse(url)?.origin !== URL.parse(target)?.origin;
}

function refuseFate({ signingSecret }: EndpointChange, leaving: boolean): void {
  if (leaving && signingSecret === undefined) {
    throw invalid(
      "signingSecret",
      'is required with a url of another origin: "keep" if the new receiver has the secret, "rotate" for a new secret',
    );
  }
  if (!leaving && signingSecret === "rotate") {
    throw invalid(
      "signingSecret",
      "belongs with a url of another origin; leave it out, or rotate the secret with POST …/secret/rotate",
    );
  }
}

/** Checks its target and its event types, as when an endpoint is created. */
async function refuseWhere(tools: EndpointTools, tenantId: string, id: string, change: EndpointChange) {
  if (change.url !== undefined) requireTarget(tools, change.url);
  if (!change.eventTypes) return;
  await refuseArchived(tools.db, tenantId, change.eventTypes, id);
  await refuseListeners(tools.db, tenantId, change.eventTypes, id);
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

/** Headers after the change. Unchanged ones were checked by the rules of their time. */
function refuseHeaders(endpoint: Endpoint, { headers, secretHeaders }: EndpointChange): void {
  if (!headers && !secretHeaders) return;
  const open = headers === undefined ? endpoint.headers : headers;
  const secretNames =
    secretHeaders === undefined ? endpoint.secretHeaderNames : Object.keys(secretHeaders ?? {});
  const refused = refuseTogether(open, secretNames);
  if (refused) throw invalid(refused.path.join("."), refused.message);
}

/**
 * Deletes an endpoint; the relay cancels its unsettled deliveries. The row stays for the trace, without its secrets.
 * @param ifVersions deletes it only while it has one of these versions; undefined for any version
 * @throws {OutboxError} `tenant_not_found`, `endpoint_not_found`, `invalid_input`, `version_conflict`
 */
export async function deleteEndpoint(
  tools: EndpointTools,
  tenantId: string,
  id: string,
  ifVersions?: readonly number[],
): Promise<void> {
  if (isBuiltIn(id)) {
    throw invalid("", "A built-in endpoint cannot be deleted. Disable it to hold back its deliveries.");
  }
  await write(tools, tenantId, id, { set: DELETED, ifVersions });
  tools.wake(tenantId, tools.clock.now());
}

/**
 * Disables an endpoint: nothing is sent, event types make no new deliveries to it, and its unsettled deliveries wait.
 */
export async function disableEndpoint(tools: EndpointTools, tenantId: string, id: string): Promise<Endpoint> {
  return write(tools, tenantId, id, { set: { state: "disabled", stateReason: "by_request" } });
}

/**
 * Pauses or resumes an endpoint. While it is paused, nothing is sent, and new deliveries wait too; then all of them are
 * due.
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

/** Enables an endpoint: its waiting deliveries are due at once, and its failures are forgotten. */
export async function enableEndpoint(tools: EndpointTools, tenantId: string, id: string): Promise<Endpoint> {
  const set = { state: "enabled", stateReason: null, ...HEALTHY } as const;
  const endpoint = await write(tools, tenantId, id, { set });
  tools.wake(tenantId, tools.clock.now());
  return endpoint;
}

interface Write extends IfVersions {
  set: SQLiteUpdateSetSource<typeof endpoints>;
  /** Statements before it, in its batch. */
  first?: Before;
  /** For the audit. */
  subject?: AuditSubject | undefined;
}

async function write(
  tools: EndpointTools,
  tenantId: string,
  id: string,
  { set, first = [], subject, ifVersions }: Write,
): Promise<Endpoint> {
  const which = and(isLive(tenantId, id), ifVersions && isOneOf(ifVersions));
  const update = queryBuilder(tools.db)
    .update(endpoints)
    .set({ ...set, version: NEXT_VERSION, updatedAt: tools.clock.now() })
    .where(which)
    .returning(SHOWN);
  const affected = endpointIf(tools.db, which);
  const { before = [], ...rest } = audited(tools, { tenantId, affected, subject });
  const [[changed]] = await inOneWrite({ ...rest, before: [...before, ...first] }, [update]);
  if (changed) return withoutSecret(changed);
  await readEndpoint(tools, tenantId, id);
  throw changedMeanwhile(id);
}

/** A list is bound as one JSON value, because it may be longer than a statement's parameters. */
function isOneOf(versions: readonly number[]) {
  return sql`${endpoints.version} IN (SELECT value FROM json_each(${JSON.stringify(versions)}))`;
}

function changedMeanwhile(endpointId: string): OutboxError {
  return new OutboxError({ code: "version_conflict", endpointId });
}
