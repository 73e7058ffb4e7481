/** The front door to endpoints: creates and lists them here; `endpoint-changes.ts` changes them. */
import { and, desc, eq, sql } from "drizzle-orm";
import { newSecret } from "../channels/webhook/sign.ts";
import { audited, ONE } from "../db/audited.ts";
import { type Database, inOneWrite, queryBuilder, violates } from "../db/database.ts";
import { requireTenant } from "../db/live-tenant.ts";
import { endpoints } from "../db/schema.ts";
import { NO_HANDLERS, NOT_BUILT_IN, registeredNames } from "../domain/handlers.ts";
import { newEndpointId } from "../domain/ids.ts";
import { type CreatedCursor, type Page, type PageRequest, pageOfFirst } from "../domain/page.ts";
import { isChat } from "../domain/states.ts";
import { invalid, OutboxError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import type { EndpointFilter, EndpointInput } from "./endpoint-input.ts";
import { type Endpoint, type EndpointTools, SHOWN, withoutSecret } from "./endpoint-row.ts";
import { refuseArchived } from "./event-types.ts";
import { liveTenant, selectTenant } from "./live-tenant.ts";
import { refuseListeners } from "./refuse-listeners.ts";
import { maskedUrl, requireTarget } from "./require-target.ts";
import { sealHeaders, sealSecret } from "./secrets.ts";

export {
  deleteEndpoint,
  disableEndpoint,
  enableEndpoint,
  setEndpointPaused,
  updateEndpoint,
} from "./endpoint-changes.ts";
export { type Endpoint, type EndpointTools, readEndpoint } from "./endpoint-row.ts";
export { rotateSecret } from "./secrets.ts";

/**
 * Creates an endpoint. Only this answer holds its secret.
 * @throws {OutboxError} `tenant_not_found`, `endpoint_limit_reached`, `secret_keys_missing`, `invalid_input` for a
 * refused URL, an archived event type or an unknown handler
 */
export async function createEndpoint(
  tools: EndpointTools,
  tenantId: string,
  input: EndpointInput,
): Promise<Endpoint> {
  if (input.channel === "webhook") requireTarget(tools, input.url);
  if (input.eventTypes) {
    await refuseArchived(tools.db, tenantId, input.eventTypes);
    await refuseListeners(tools.db, tenantId, input.eventTypes);
  }
  const now = tools.clock.now();
  const id = newEndpointId(tools.random);
  const isOfChat = input.channel === "webhook" && isChat(input.payloadFormat ?? "standard");
  if (isOfChat && !tools.postsToChats)
    throw invalid("payloadFormat", "needs the option chats of createOutbox");
  const secret = secretOf(tools, input, isOfChat);
  // A missing or no longer allowed reference becomes NULL, which the column refuses.
  const idWithinLimit = sql<string>`(SELECT CASE WHEN count(*) < ${limits.endpointsPerTenant} THEN ${id} END
    FROM outbox_endpoints WHERE tenant_id = ${tenantId} AND state <> 'deleted' AND ${sql.raw(NOT_BUILT_IN)})`;
  const insert = queryBuilder(tools.db)
    .insert(endpoints)
    .values({
      tenantId: liveTenant(tenantId),
      id: idWithinLimit,
      ...(await ofChannel(tools, { tenantId, id, secret }, input)),
      ...ofEveryChannel(input),
      secretSetAt: secret === null ? null : now,
      state: "enabled",
      createdAt: now,
      updatedAt: now,
    })
    .returning(SHOWN);
  try {
    const write = { tenantId, affected: ONE, subject: { endpoint: id } };
    const [[created]] = await inOneWrite(audited(tools, write), [insert]);
    if (!created) throw new OutboxError({ code: "endpoint_not_found", endpointId: id });
    return { ...created, secret: isOfChat ? null : secret };
  } catch (error) {
    if (violates(error, "NOT NULL", "outbox_endpoints.tenant_id"))
      throw new OutboxError({ code: "tenant_not_found", tenantId });
    if (violates(error, "NOT NULL", "outbox_endpoints.id")) {
      throw new OutboxError({ code: "endpoint_limit_reached", limit: limits.endpointsPerTenant });
    }
    throw error;
  }
}

/** The URL of a chat is its secret; other webhooks are signed by theirs. */
function secretOf({ random }: EndpointTools, input: EndpointInput, isOfChat: boolean): string | null {
  if (input.channel !== "webhook") return null;
  return isOfChat ? input.url : (input.secret ?? newSecret(random));
}

function ofEveryChannel(input: EndpointInput) {
  return {
    eventTypes: input.eventTypes ?? null,
    description: input.description ?? null,
    retrySchedule: input.retrySchedule ?? null,
    ordering: input.order ?? "lenient",
    rateLimit: input.rateLimit ?? null,
    maxConcurrency: input.maxConcurrency ?? null,
  };
}

async function ofChannel(
  { vault, handlers = NO_HANDLERS }: EndpointTools,
  { tenantId, id, secret }: { tenantId: string; id: string; secret: string | null },
  input: EndpointInput,
) {
  if (input.channel === "email") return { channel: input.channel, target: input.address };
  if (input.channel === "handler") {
    if (!handlers.names.has(input.handler))
      throw invalid("handler", `is not known: ${registeredNames(handlers.names)}`);
    return { channel: input.channel, target: input.handler };
  }
  const { channel, url, headers = null, giveUpOn = null, secretHeaders = null, payloadFormat } = input;
  return {
    channel,
    target: isChat(payloadFormat ?? "standard") ? maskedUrl(url) : url,
    headers,
    giveUpOn,
    payloadFormat,
    secret: secret && (await sealSecret(vault, tenantId, id, secret)),
    ...(await sealHeaders(vault, tenantId, id, secretHeaders)),
    sealedBy: vault.keyId ?? null,
  };
}

export interface EndpointPageRequest extends EndpointFilter, PageRequest<CreatedCursor> {
  /** True: the built-in endpoints, instead of the others. */
  builtIn?: boolean | undefined;
}

/**
 * A page of the tenant's endpoints, newest first: those that somebody made, or the built-in ones.
 * @throws {OutboxError} `tenant_not_found`
 */
export async function listEndpoints(
  db: Database,
  tenantId: string,
  page: EndpointPageRequest,
): Promise<Page<Endpoint, CreatedCursor>> {
  const query = queryBuilder(db);
  const [found, owner] = await query.batch([selectPage(db, tenantId, page), selectTenant(db, tenantId)]);
  requireTenant(owner, tenantId);
  return pageOfFirst(found.map(withoutSecret), page.limit, ({ createdAt, id }) => ({ createdAt, id }));
}

/** One row more than the page holds. `state` is written as in the index, which a bound value would not match. */
export function selectPage(
  db: Database,
  tenantId: string,
  { limit, after, state, channel, builtIn = false }: EndpointPageRequest,
) {
  return queryBuilder(db)
    .select(SHOWN)
    .from(endpoints)
    .where(
      and(
        eq(endpoints.tenantId, tenantId),
        sql`state <> 'deleted'`,
        sql.raw(builtIn ? `NOT (${NOT_BUILT_IN})` : NOT_BUILT_IN),
        after && sql`(created_at, id) < (${after.createdAt}, ${after.id})`,
        state && eq(endpoints.state, state),
        channel && eq(endpoints.channel, channel),
      ),
    )
    .orderBy(desc(endpoints.createdAt), desc(endpoints.id))
    .limit(limit + 1);
}
