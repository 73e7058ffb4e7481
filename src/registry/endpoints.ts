import { and, desc, eq, lt, ne, or, sql } from "drizzle-orm";
import type { SQLiteUpdateSetSource } from "drizzle-orm/sqlite-core";
import { newSecret } from "../channels/webhook/sign.ts";
import { type Database, queryBuilder, violates } from "../db/database.ts";
import { endpoints, type PreviousSecret, tenants } from "../db/schema.ts";
import { DIRECT_EMAIL_ENDPOINT, newEndpointId } from "../domain/ids.ts";
import type { Random } from "../platform/clock.ts";
import { invalid, OutboxError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import { releaseDeadHeads } from "./dead-heads.ts";
import type { EndpointChange, EndpointInput } from "./endpoint-input.ts";
import { type RegistryTools, readTenant } from "./tenants.ts";

export type Endpoint = typeof endpoints.$inferSelect;

export interface EndpointTools extends RegistryTools {
  random: Random;
  wake: (tenantId: string, at: number) => void;
}

/** @throws {OutboxError} `tenant_not_found`, `endpoint_limit_reached` */
export async function createEndpoint(
  tools: EndpointTools,
  tenantId: string,
  input: EndpointInput,
): Promise<Endpoint> {
  const now = tools.clock.now();
  const id = newEndpointId(tools.random);
  const query = queryBuilder(tools.db);
  // What is not there, or no longer allowed, becomes NULL, which the column refuses.
  const activeTenant = sql<string>`(SELECT id FROM tenants WHERE id = ${tenantId} AND state <> 'deleted')`;
  const idWithinLimit = sql<string>`(SELECT CASE WHEN count(*) <= ${limits.endpointsPerTenant} THEN ${id} END
    FROM endpoints WHERE tenant_id = ${tenantId} AND state <> 'deleted')`;
  try {
    const [created] = await query
      .insert(endpoints)
      .values({
        tenantId: activeTenant,
        id: idWithinLimit,
        ...ofChannel(input, tools.random),
        eventTypes: input.eventTypes ?? null,
        state: "enabled",
        description: input.description ?? null,
        retrySchedule: input.retrySchedule ?? null,
        ordering: input.order ?? "lenient",
        rateLimit: input.rateLimit ?? null,
        createdAt: now,
        updatedAt: now,
      })
      .returning();
    return orNotFound(created, id);
  } catch (error) {
    if (violates(error, "NOT NULL", "endpoints.tenant_id"))
      throw new OutboxError({ code: "tenant_not_found", tenantId });
    if (violates(error, "NOT NULL", "endpoints.id")) {
      throw new OutboxError({ code: "endpoint_limit_reached", limit: limits.endpointsPerTenant });
    }
    throw error;
  }
}

function ofChannel(input: EndpointInput, random: Random) {
  if (input.channel === "email") return { channel: input.channel, target: input.address };
  const { channel, url: target, headers = null, giveUpOn = null } = input;
  return { channel, target, headers, giveUpOn, secret: newSecret(random) };
}

/** @throws {OutboxError} `tenant_not_found`, `endpoint_not_found` */
export async function readEndpoint(
  { db }: { db: Database },
  tenantId: string,
  id: string,
): Promise<Endpoint> {
  const [found] = await queryBuilder(db).select().from(endpoints).where(isLive(tenantId, id));
  return found ?? explainMissing(db, tenantId, id);
}

/** Where a page of endpoints begins: after this one. */
export interface EndpointCursor {
  createdAt: number;
  id: string;
}

/**
 * A page of the tenant's own endpoints, newest first; the built-in one is not among them.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function listEndpoints(
  { db }: { db: Database },
  tenantId: string,
  page: { limit: number; after: EndpointCursor | undefined },
): Promise<{ endpoints: Endpoint[]; more: boolean }> {
  const { after, limit } = page;
  const older =
    after &&
    or(
      lt(endpoints.createdAt, after.createdAt),
      and(eq(endpoints.createdAt, after.createdAt), lt(endpoints.id, after.id)),
    );
  const query = queryBuilder(db);
  const [found, owner] = await query.batch([
    query
      .select()
      .from(endpoints)
      .where(
        and(
          eq(endpoints.tenantId, tenantId),
          ne(endpoints.state, "deleted"),
          ne(endpoints.id, DIRECT_EMAIL_ENDPOINT),
          older,
        ),
      )
      .orderBy(desc(endpoints.createdAt), desc(endpoints.id))
      .limit(limit + 1),
    query.select({ state: tenants.state }).from(tenants).where(eq(tenants.id, tenantId)),
  ]);
  if (!owner[0] || owner[0].state === "deleted")
    throw new OutboxError({ code: "tenant_not_found", tenantId });
  return { endpoints: found.slice(0, limit), more: found.length > limit };
}

/** Nothing is held against the endpoint any more: it is tried again as if it had never failed. */
const HEALTHY = {
  failingSince: null,
  failedAt: null,
  heldUntil: null,
  holds: 0,
  windowFrom: null,
  windowAttempts: 0,
  windowFailures: 0,
  probeUntil: null,
};

/** @throws {OutboxError} `tenant_not_found`, `endpoint_not_found`, `invalid_input` */
export async function updateEndpoint(
  tools: EndpointTools,
  tenantId: string,
  id: string,
  change: EndpointChange,
): Promise<Endpoint> {
  const endpoint = await readEndpoint(tools, tenantId, id);
  const target = targetFrom(endpoint, change);
  const { url: _url, address: _address, order, ...rest } = change;
  const ordering = order === null ? "lenient" : order;
  const paced = rest.rateLimit !== undefined && rest.rateLimit !== endpoint.rateLimit;
  const moved = target !== undefined && target !== endpoint.target;
  const changed = await write(tools, tenantId, id, {
    ...rest,
    ...(target !== undefined && { target }),
    ...(moved && HEALTHY),
    ...(ordering && { ordering }),
    ...(paced && { pacedTo: null }),
  });
  const mayBeDue = moved || ordering === "lenient" || paced;
  if (mayBeDue) tools.wake(tenantId, tools.clock.now());
  return changed;
}

function targetFrom(endpoint: Endpoint, change: EndpointChange): string | undefined {
  const { channel, id } = endpoint;
  const fixed = id === DIRECT_EMAIL_ENDPOINT ? (["address", "eventTypes"] as const) : [];
  for (const field of fixed.filter((field) => change[field] !== undefined)) {
    throw invalid(field, "the built-in endpoint takes direct e-mails only; create an endpoint of your own");
  }
  const foreign = channel === "webhook" ? (["address"] as const) : (["url", "headers", "giveUpOn"] as const);
  for (const field of foreign.filter((field) => change[field] !== undefined)) {
    throw invalid(field, `does not belong to an endpoint of the channel "${channel}"`);
  }
  return change.url ?? change.address;
}

/**
 * Nothing more is sent to it: what was not delivered yet is cancelled by the relay. The row stays for the
 * trace, without its secrets.
 * @throws {OutboxError} `tenant_not_found`, `endpoint_not_found`, `invalid_input`
 */
export async function deleteEndpoint(tools: EndpointTools, tenantId: string, id: string): Promise<void> {
  if (id === DIRECT_EMAIL_ENDPOINT) {
    throw invalid("", "The built-in endpoint cannot be deleted; disable it to hold direct e-mails back.");
  }
  // Were its order still strict, what dies under way would block its key for good: nobody replays or skips it here.
  const ordering = "lenient";
  await write(tools, tenantId, id, { state: "deleted", secret: null, previousSecrets: null, ordering });
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
  const state = paused ? "paused" : "enabled";
  const [changed] = await queryBuilder(tools.db)
    .update(endpoints)
    .set({
      state,
      stateReason: paused ? "by_request" : null,
      ...(!paused && HEALTHY),
      updatedAt: tools.clock.now(),
    })
    .where(and(isLive(tenantId, id), ne(endpoints.state, "disabled")))
    .returning();
  if (!changed) {
    await readEndpoint(tools, tenantId, id);
    throw new OutboxError({ code: "endpoint_disabled", endpointId: id });
  }
  if (!paused) tools.wake(tenantId, tools.clock.now());
  return changed;
}

/** Enabled: what waited for it is due again at once, and its failures are forgotten. */
export async function enableEndpoint(tools: EndpointTools, tenantId: string, id: string): Promise<Endpoint> {
  const endpoint = await write(tools, tenantId, id, { state: "enabled", stateReason: null, ...HEALTHY });
  tools.wake(tenantId, tools.clock.now());
  return endpoint;
}

/**
 * A new secret. Those before it sign beside it for 24 hours each, so that the receiver can change over in peace,
 * also when an answer got lost and the secret was rotated twice. The five newest of them, at most.
 * @throws {OutboxError} `tenant_not_found`, `endpoint_not_found`, `invalid_input`
 */
export async function rotateSecret(tools: EndpointTools, tenantId: string, id: string): Promise<Endpoint> {
  const endpoint = await readEndpoint(tools, tenantId, id);
  if (endpoint.channel !== "webhook") throw invalid("", "Only webhook endpoints have a secret.");
  return write(tools, tenantId, id, {
    secret: newSecret(tools.random),
    previousSecrets: withCurrentSecret(tools.clock.now()),
  });
}

function withCurrentSecret(now: number) {
  return sql<PreviousSecret[]>`(
    SELECT json_group_array(json(kept.value)) FROM (
      SELECT json_object('secret', secret, 'until', CAST(${now + limits.secretOverlapMs} AS INTEGER)) AS value
      UNION ALL
      SELECT value FROM (
        SELECT previous.value FROM json_each(previous_secrets) previous
        WHERE previous.value ->> 'until' > ${now}
        ORDER BY previous.value ->> 'until' DESC LIMIT ${limits.previousSecrets - 1})
    ) kept)`;
}

/** Whoever takes the strict order away releases, in the same batch, what it has blocked. */
async function write(
  tools: EndpointTools,
  tenantId: string,
  id: string,
  set: SQLiteUpdateSetSource<typeof endpoints>,
): Promise<Endpoint> {
  const query = queryBuilder(tools.db);
  const update = query
    .update(endpoints)
    .set({ ...set, updatedAt: tools.clock.now() })
    .where(isLive(tenantId, id))
    .returning();
  const release = set.ordering === "lenient" ? [releaseDeadHeads(tools.db, tenantId, id)] : [];
  const [[changed]] = await query.batch([update, ...release]);
  return changed ?? explainMissing(tools.db, tenantId, id);
}

function isLive(tenantId: string, id: string) {
  return and(eq(endpoints.tenantId, tenantId), eq(endpoints.id, id), ne(endpoints.state, "deleted"));
}

async function explainMissing(db: Database, tenantId: string, id: string): Promise<never> {
  await readTenant({ db }, tenantId);
  throw new OutboxError({ code: "endpoint_not_found", endpointId: id });
}

function orNotFound(endpoint: Endpoint | undefined, endpointId: string): Endpoint {
  if (!endpoint) throw new OutboxError({ code: "endpoint_not_found", endpointId });
  return endpoint;
}
