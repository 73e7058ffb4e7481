import type { Answer } from "../../api.ts";

export const ENDPOINTS = "/v1/tenants/{tenant}/endpoints";
export const ENDPOINT = "/v1/tenants/{tenant}/endpoints/{endpoint}";
export type Endpoint = Answer<typeof ENDPOINT>;

/** An endpoint of a tenant, for parts of pages. */
export interface OfEndpoint {
  tenant: string;
  endpoint: Endpoint;
}
