import type { Context } from "hono";
import { presentEndpointHealth, presentHealthSummary } from "../../answers/endpoint-health.ts";
import { endpointsPage, presentEndpoint, presentEndpointWithSecret } from "../../answers/endpoints.ts";
import { testMessage } from "../../outbox/test-message.ts";
import { limits } from "../../platform/limits.ts";
import {
  createEndpoint,
  deleteEndpoint,
  disableEndpoint,
  type Endpoint,
  enableEndpoint,
  readEndpoint,
  rotateSecret,
  setEndpointPaused,
  updateEndpoint,
} from "../../registry/endpoints.ts";
import { readEndpointHealth } from "../../trace/endpoint-health.ts";
import { readHealthSummaries } from "../../trace/health-summaries.ts";
import type { ApiEnv } from "../context.ts";
import { DoorError } from "../door/door-error.ts";
import { commitOne } from "../messages/commit.ts";
import { once } from "../once.ts";
import { router } from "../router.ts";
import { etagOf, versionsAsked } from "./etag.ts";
import * as operations from "./operations.ts";

export const endpointRoutes = router()
  .openapi(operations.createEndpointOperation, async (c) => {
    const input = c.req.valid("json");
    const { tenant } = c.req.valid("param");
    if (input.channel === "handler" && c.var.caller.kind === "tenant") {
      throw new DoorError(
        "forbidden",
        "Only an operator's token may create a handler endpoint. Use one instead of a tenant's token.",
      );
    }
    return once(
      c,
      async (tools) => {
        const endpoint = await createEndpoint(tools, tenant, input);
        return c.json(withSecret(c, endpoint), 201);
      },
      "secret",
    );
  })
  .openapi(operations.listEndpointsOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    const { with: wanted, builtIn, limit, ...query } = c.req.valid("query");
    const page = await endpointsPage(
      c.var.tools.db,
      tenant,
      {
        ...query,
        builtIn: builtIn === "true",
        limit: wanted === undefined ? limit : Math.min(limit, limits.healthPageSize),
      },
      presentEndpoint,
    );
    return c.json(wanted === undefined ? page : await withHealth(c, tenant, page), 200);
  })
  .openapi(operations.readEndpointOperation, async (c) => {
    const { tenant, endpoint } = c.req.valid("param");
    return c.json(tagged(c, await readEndpoint(c.var.tools, tenant, endpoint)), 200);
  })
  .openapi(operations.readEndpointHealthOperation, async (c) => {
    const { tools } = c.var;
    const { tenant, endpoint } = c.req.valid("param");
    return c.json(
      presentEndpointHealth(await readEndpointHealth(tools, tenant, endpoint, tools.clock.now())),
      200,
    );
  })
  .openapi(operations.updateEndpointOperation, async (c) => {
    const { tenant, endpoint } = c.req.valid("param");
    const change = { ...c.req.valid("json"), ifVersions: versionsAsked(c) };
    const changed = await updateEndpoint(c.var.tools, tenant, endpoint, change);
    return c.json(withSecret(c, changed), 200);
  })
  .openapi(operations.deleteEndpointOperation, async (c) => {
    const { tenant, endpoint } = c.req.valid("param");
    await deleteEndpoint(c.var.tools, tenant, endpoint, versionsAsked(c));
    return c.body(null, 204);
  })
  .openapi(operations.rotateSecretOperation, async (c) => {
    const { tenant, endpoint } = c.req.valid("param");
    return once(
      c,
      async (tools) => {
        const rotated = await rotateSecret(tools, tenant, endpoint, c.req.valid("json"));
        return c.json(withSecret(c, rotated), 200);
      },
      "secret",
    );
  })
  .openapi(operations.testEndpointOperation, async (c) => {
    const { tenant, endpoint } = c.req.valid("param");
    return c.json(await commitOne(c, tenant, testMessage(endpoint)), 202);
  })
  .openapi(operations.enableEndpointOperation, async (c) => {
    const { tenant, endpoint } = c.req.valid("param");
    return once(c, async (tools) => {
      return c.json(tagged(c, await enableEndpoint(tools, tenant, endpoint)), 200);
    });
  })
  .openapi(operations.disableEndpointOperation, async (c) => {
    const { tenant, endpoint } = c.req.valid("param");
    return once(c, async (tools) => {
      return c.json(tagged(c, await disableEndpoint(tools, tenant, endpoint)), 200);
    });
  })
  .openapi(operations.pauseEndpointOperation, async (c) => {
    const { tenant, endpoint } = c.req.valid("param");
    return once(c, async (tools) => {
      return c.json(tagged(c, await setEndpointPaused(tools, tenant, endpoint, true)), 200);
    });
  })
  .openapi(operations.resumeEndpointOperation, async (c) => {
    const { tenant, endpoint } = c.req.valid("param");
    return once(c, async (tools) => {
      return c.json(tagged(c, await setEndpointPaused(tools, tenant, endpoint, false)), 200);
    });
  });

/** The endpoint's answer, with the ETag of its version. */
function tagged(c: Context, endpoint: Endpoint) {
  c.header("etag", etagOf(endpoint));
  return presentEndpoint(endpoint);
}

/** The page with the health of its endpoints. */
async function withHealth(
  c: Context<ApiEnv>,
  tenant: string,
  page: { data: ReturnType<typeof presentEndpoint>[]; nextCursor: string | null },
) {
  const { tools } = c.var;
  const ids = page.data.map(({ id }) => id);
  const found = await readHealthSummaries(tools, tenant, ids, tools.clock.now());
  const data = page.data.map((endpoint) => {
    const health = found.get(endpoint.id);
    return { ...endpoint, ...(health && { health: presentHealthSummary(health) }) };
  });
  return { ...page, data };
}

function withSecret(c: Context, endpoint: Endpoint) {
  c.header("etag", etagOf(endpoint));
  return presentEndpointWithSecret(endpoint);
}
