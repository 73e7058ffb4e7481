import * as z from "zod";
import type { Database } from "../db/database.ts";
import type { PageRequest } from "../domain/page.ts";
import type { DeadLetterCursor } from "../trace/deployment/dead-letter-statements.ts";
import {
  type DeadLetterGroupOfTenant,
  type DeadLetterOfTenant,
  groupDeadLettersOfAll,
  listDeadLettersOfAll,
} from "../trace/deployment/dead-letters.ts";
import {
  type Budgeting,
  type FailingCursor,
  type FailingEndpoint,
  listFailingEndpoints,
} from "../trace/deployment/failing-endpoints.ts";
import type { TroubledTenant, Troubles } from "../trace/deployment/troubles.ts";
import type { Found } from "../trace/search/found.ts";
import { search } from "../trace/search/search.ts";
import { presentDeadLetter, presentGroup } from "./deliveries.ts";
import { type Asked, answerPage } from "./page.ts";
import { toIso } from "./to-iso.ts";

/** @param sweptAt instant at which late tenants were found */
export function presentTroubles({ tenants, complete }: Troubles, sweptAt: number) {
  return { data: tenants.map(presentTroubled), complete, lateAsOf: toIso(sweptAt) };
}

export function presentTroubled({ troubles, ...tenant }: TroubledTenant) {
  return { ...tenant, troubles: troubles.map((one) => ({ ...one, since: toIso(one.since) })) };
}

const deadLetterCursor = z.strictObject({ tenantId: z.string(), seq: z.int(), endpointId: z.string() });

export function deadLettersOfAllPage(db: Database, query: Asked<PageRequest<DeadLetterCursor>>) {
  return answerPage(query, {
    cursor: deadLetterCursor,
    read: (page) => listDeadLettersOfAll(db, page),
    present: presentDeadLetterOfTenant,
  });
}

export function presentDeadLetterOfTenant({ tenantId, tenantName, ...letter }: DeadLetterOfTenant) {
  return { tenantId, tenantName, ...presentDeadLetter(letter) };
}

export async function deadLetterGroupsOfAll(db: Database, query: { cursor?: string | undefined }) {
  let complete = true;
  const page = await answerPage(query, {
    cursor: deadLetterCursor,
    read: async ({ after }) => {
      const { groups, next, ...found } = await groupDeadLettersOfAll(db, after);
      complete = found.complete;
      return { entries: groups, next };
    },
    present: presentGroupOfTenant,
  });
  return { ...page, complete };
}

export function presentGroupOfTenant({ tenantId, tenantName, ...group }: DeadLetterGroupOfTenant) {
  return { tenantId, tenantName, ...presentGroup(group) };
}

const failingCursor = z.strictObject({ state: z.string(), tenantId: z.string(), id: z.string() });

export function failingEndpointsPage(
  db: Database,
  query: Asked<PageRequest<FailingCursor>>,
  budgeting: Budgeting,
) {
  return answerPage(query, {
    cursor: failingCursor,
    read: (page) => listFailingEndpoints(db, page, budgeting),
    present: presentFailingEndpoint,
  });
}

export function presentFailingEndpoint({ budget, ...endpoint }: FailingEndpoint) {
  return {
    ...endpoint,
    failingSince: toIso(endpoint.failingSince),
    failedAt: toIso(endpoint.failedAt),
    heldUntil: toIso(endpoint.heldUntil),
    updatedAt: toIso(endpoint.updatedAt),
    budget: budget && { ...budget, endsAt: toIso(budget.endsAt) },
  };
}

const searchCursor = z.union([
  z.strictObject({ afterTenant: z.int().min(0) }),
  z.strictObject({ beforeSeq: z.int().min(0) }),
]);

/** Query of a search with its cursor as text. */
interface SearchQuery {
  q: string;
  tenant?: string | undefined;
  cursor?: string | undefined;
}

export async function searchPage(db: Database, query: SearchQuery) {
  let extent = { complete: true, lookedAt: { tenants: 0, messages: 0 } };
  const page = await answerPage(query, {
    cursor: searchCursor,
    read: async (asked) => {
      const { complete, lookedAt, ...found } = await search(db, asked);
      extent = { complete, lookedAt };
      return found;
    },
    present: presentFound,
  });
  return { ...page, ...extent };
}

export function presentFound(found: Found) {
  return { ...found, at: toIso(found.at) };
}
