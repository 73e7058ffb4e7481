import { z } from "@hono/zod-openapi";
import { metricLimits } from "../../metrics/metric-limits.ts";
import { TENANT_ID } from "../../platform/tenant-id.ts";
import { operation, refusals } from "../operation.ts";

const tenantQuery = z.strictObject({
  tenant: z
    .preprocess(
      (given) => (given === undefined || Array.isArray(given) ? given : [given]),
      z
        .array(z.string().regex(TENANT_ID, { error: "must be the id of a tenant" }))
        .max(metricLimits.tenants, { error: `may be given at most ${metricLimits.tenants} times` })
        .optional(),
    )
    .openapi({
      param: { name: "tenant", in: "query", style: "form", explode: true },
      type: "array",
      items: { type: "string" },
      maxItems: metricLimits.tenants,
      description:
        "Ids of tenants to add series of. May be given several times. Tenants that are unknown or deleted are left out.",
      example: ["acme"],
    }),
});

export const metricsOperation = operation({
  operationId: "readMetrics",
  tags: ["Health"],
  access: "operator",
  method: "get",
  path: "/metrics",
  summary: "Read the metrics, for Prometheus",
  description:
    "Text in the exposition format of Prometheus, of the whole deployment, with a role that may read. An isolate reads them at most once in 10 seconds.",
  request: { query: tenantQuery },
  responses: {
    200: {
      description: "Metrics, in the exposition format of Prometheus (version 0.0.4).",
      content: { "text/plain": { schema: z.string(), example: "edge_outbox_dead_letters 0\n" } },
    },
    ...refusals("invalid_input"),
  },
});
