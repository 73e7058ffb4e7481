import type { Database } from "../../db/database.ts";
import { type Endpoint, type EndpointPageRequest, listEndpoints } from "../../registry/endpoints.ts";
import { type Asked, answerPage, createdCursor } from "../page.ts";

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
