import { messageId } from "../../domain/message-id.ts";
import type { Page } from "../../domain/page.ts";
import { deploymentLimits } from "../../platform/deployment-limits.ts";
import type {
  FoundEndpointRow,
  FoundKeyedRow,
  FoundMessageRow,
  FoundTokenRow,
  FoundWordRow,
  HopsRow,
  OwnedRow,
} from "./search-statements.ts";

/** Kinds of things that a search finds, and parts of them by which it does. */
export const FOUND_KINDS = ["tenant", "endpoint", "token", "message", "delivery"] as const;
export const FOUND_BY = ["id", "name", "idempotencyKey", "orderingKey", "payload"] as const;

/** One thing that a search has found, with what a line about it needs. */
export interface Found {
  kind: (typeof FOUND_KINDS)[number];
  foundBy: (typeof FOUND_BY)[number];
  tenantId: string;
  tenantName: string | null;
  /** Id of the tenant, endpoint, token or message. */
  id: string;
  /** Of a delivery: its endpoint. */
  endpointId: string | null;
  /** Of a tenant, an endpoint or a delivery. */
  state: string | null;
  /** Of an endpoint: its target. */
  target: string | null;
  /** Of an endpoint or a token. */
  description: string | null;
  /** Of a message or a delivery. */
  eventType: string | null;
  orderingKey: string | null;
  /** Instant of the commit or the creation. */
  at: number;
}

const NOTHING_ELSE = {
  endpointId: null,
  state: null,
  target: null,
  description: null,
  eventType: null,
  orderingKey: null,
};

function ownerOf({ tenant_id, tenant_name }: OwnedRow) {
  return { ...NOTHING_ELSE, tenantId: tenant_id, tenantName: tenant_name };
}

function foundTenant(row: FoundWordRow, word: string): Found {
  const foundBy = row.tenant_id.startsWith(word) ? "id" : "name";
  const { state, created_at: at } = row;
  return { ...ownerOf(row), kind: "tenant", foundBy, id: row.tenant_id, state, at };
}

export function foundEndpoint(row: FoundEndpointRow): Found {
  const { id, state, description, created_at: at } = row;
  const target = row.target || null;
  return { ...ownerOf(row), kind: "endpoint", foundBy: "id", id, state, target, description, at };
}

export function foundToken(row: FoundTokenRow): Found {
  const { id, description, created_at: at } = row;
  return { ...ownerOf(row), kind: "token", foundBy: "id", id, description, at };
}

export function foundMessage(row: FoundMessageRow, foundBy: Found["foundBy"]): Found {
  return {
    ...ownerOf(row),
    kind: "message",
    foundBy,
    id: messageId(row),
    eventType: row.event_type,
    orderingKey: row.ordering_key,
    at: row.committed_at,
  };
}

function foundDelivery(row: FoundKeyedRow): Found {
  const { endpoint_id: endpointId, state } = row;
  return { ...foundMessage(row, "orderingKey"), kind: "delivery", endpointId, state };
}

/** The tenant that a word names, and the message of a commit whose idempotency key it is. */
export function foundByWord(row: FoundWordRow, word: string): Found[] {
  const tenant = row.named === 1 ? [foundTenant(row, word)] : [];
  const { seq } = row;
  return seq === null ? tenant : [...tenant, foundMessage({ ...row, seq }, "idempotencyKey")];
}

/** Deliveries found by their ordering key. Complete: every endpoint was looked at, and every delivery is shown. */
export function foundKeyed(rows: readonly (FoundKeyedRow | HopsRow)[]) {
  const { deliveries, hops } = deploymentLimits.searched;
  const found = rows.filter((row) => row.number !== null);
  return {
    entries: found.slice(0, deliveries).map(foundDelivery),
    complete: found.length <= deliveries && (rows[0]?.hops ?? 0) < hops,
  };
}

/** Position in a search: after the tenant of a number, or before the message of a sequence number. */
export type SearchCursor = { afterTenant: number } | { beforeSeq: number };

/** Findings of a search, and how far it went. `next`: position at which it goes on. */
export interface SearchResult extends Page<Found, SearchCursor> {
  /** Numbers of tenants, and of messages whose payload or ordering key was looked at. */
  lookedAt: { tenants: number; messages: number };
  /** False: there may be more to find, on the next page, or among deliveries that were not looked at. */
  complete: boolean;
}
