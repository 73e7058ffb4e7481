import type { Answer } from "../api.ts";
import { useRead } from "../query.ts";
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

/** Reads the newest 100 endpoints of a tenant. */
export function useEndpoints(tenant: string): Endpoints {
  const { data } = useRead("/v1/tenants/{tenant}/endpoints", { params: { tenant }, query: { limit: 100 } });
  const list = data?.data ?? [];
  const byId = new Map(list.map((one) => [one.id, one]));
  const isDeleted = (id: string) => data?.nextCursor === null && !byId.has(id);
  const nameOf = (id: string) => {
    const found = byId.get(id);
    return found ? nameOfEndpoint(found) : id;
  };
  return {
    list,
    get: (id) => byId.get(id),
    nameOf,
    isDeleted,
    options: list.map(({ id }) => ({ value: id, label: nameOf(id) })),
  };
}

export function nameOfEndpoint({ id, description, url, address, handler }: Endpoint): string {
  const target = url?.replace(/^https?:\/\//, "") ?? address ?? handler;
  return visible(description || target || (id === "ep_email" ? w.dead.directEmails : id));
}
