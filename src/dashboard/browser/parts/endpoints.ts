import type { Answer } from "../api.ts";
import { type Reading, useRead } from "../query.ts";
import { w } from "../words/words.ts";
import { visible } from "./format.ts";

export type Endpoint = Answer<"/v1/tenants/{tenant}/endpoints/{endpoint}">;

/** Endpoints of a tenant, by their ids. */
export interface Endpoints {
  list: readonly Endpoint[];
  get(id: string): Endpoint | undefined;
  /** Name for people: the description, else the target, else the id. */
  nameOf(id: string): string;
  isDeleted(id: string): boolean;
  /** Choices of a filter, in which an endpoint of the address is found though it is deleted. */
  options: { value: string; label: string }[];
}

/** Beginning of the ids of endpoints that the outbox makes itself, which no list has. */
export const BUILT_IN = /^ep_(email$|handler_)/;

export type EndpointList = Answer<"/v1/tenants/{tenant}/endpoints">;

/** Reads all endpoints of a tenant that somebody made: up to 500, a hundred with each request. */
export function useEndpointList(tenant: string, every?: number): Reading<EndpointList> {
  const query = { limit: 100 };
  return useRead("/v1/tenants/{tenant}/endpoints", { params: { tenant }, query, isAll: true, every });
}

/** All endpoints of a tenant, and their names for people. */
export function useEndpoints(tenant: string): Endpoints {
  const { data } = useEndpointList(tenant);
  const list = data?.data ?? [];
  const byId = new Map(list.map((one) => [one.id, one]));
  const isDeleted = (id: string) => data?.nextCursor === null && !byId.has(id) && !BUILT_IN.test(id);
  const nameOf = (id: string) => {
    const found = byId.get(id);
    if (found) return nameOfEndpoint(found);
    return id === "ep_email" ? w.message.email : id.replace(BUILT_IN, "");
  };
  return {
    list,
    get: (id) => byId.get(id),
    nameOf,
    isDeleted,
    options: list.map(({ id }) => ({ value: id, label: nameOf(id) })),
  };
}

const LONGEST = 48;

/** The description of an endpoint, or its target. */
export function nameOfEndpoint({ id, description, url, address, handler }: Endpoint): string {
  const target = url?.replace(/^https?:\/\//, "") ?? address ?? handler ?? id;
  const name = visible(description || target);
  return name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name;
}
