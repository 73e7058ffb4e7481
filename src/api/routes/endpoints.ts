import { Hono } from "hono";
import { z } from "zod";
import { endpointChange, endpointInput } from "../../registry/endpoint-input.ts";
import {
  createEndpoint,
  deleteEndpoint,
  disableEndpoint,
  type Endpoint,
  enableEndpoint,
  listEndpoints,
  readEndpoint,
  rotateSecret,
  setEndpointPaused,
  updateEndpoint,
} from "../../registry/endpoints.ts";
import type { ApiEnv } from "../app.ts";
import { encodeCursor, readPage } from "../page.ts";
import { presentEndpoint } from "../present.ts";
import { readBody } from "../read-body.ts";
import { tenantOf } from "../tenant-of.ts";

const position = z.strictObject({ createdAt: z.number(), id: z.string() });

export const endpointRoutes = new Hono<ApiEnv>()
  .post("/", async (c) => {
    const { tools } = c.var;
    const input = await readBody(c, endpointInput(tools.refuseUrl));
    return c.json(withSecret(await createEndpoint(tools, tenantOf(c), input)), 201);
  })
  .get("/", async (c) => {
    const { limit, after } = readPage(c, position);
    const { endpoints, more } = await listEndpoints(c.var.tools, tenantOf(c), { limit, after });
    const last = endpoints.at(-1);
    const nextCursor = more && last ? encodeCursor({ createdAt: last.createdAt, id: last.id }) : null;
    return c.json({ data: endpoints.map(presentEndpoint), nextCursor });
  })
  .get("/:endpoint", async (c) => {
    return c.json(presentEndpoint(await readEndpoint(c.var.tools, tenantOf(c), c.req.param("endpoint"))));
  })
  .patch("/:endpoint", async (c) => {
    const { tools } = c.var;
    const change = await readBody(c, endpointChange(tools.refuseUrl));
    return c.json(presentEndpoint(await updateEndpoint(tools, tenantOf(c), c.req.param("endpoint"), change)));
  })
  .delete("/:endpoint", async (c) => {
    await deleteEndpoint(c.var.tools, tenantOf(c), c.req.param("endpoint"));
    return c.body(null, 204);
  })
  .post("/:endpoint/secret/rotate", async (c) => {
    return c.json(withSecret(await rotateSecret(c.var.tools, tenantOf(c), c.req.param("endpoint"))));
  })
  .post("/:endpoint/pause", async (c) => {
    const endpoint = await setEndpointPaused(c.var.tools, tenantOf(c), c.req.param("endpoint"), true);
    return c.json(presentEndpoint(endpoint));
  })
  .post("/:endpoint/resume", async (c) => {
    const endpoint = await setEndpointPaused(c.var.tools, tenantOf(c), c.req.param("endpoint"), false);
    return c.json(presentEndpoint(endpoint));
  })
  .post("/:endpoint/enable", async (c) => {
    return c.json(presentEndpoint(await enableEndpoint(c.var.tools, tenantOf(c), c.req.param("endpoint"))));
  })
  .post("/:endpoint/disable", async (c) => {
    return c.json(presentEndpoint(await disableEndpoint(c.var.tools, tenantOf(c), c.req.param("endpoint"))));
  });

function withSecret(endpoint: Endpoint) {
  return { ...presentEndpoint(endpoint), ...(endpoint.secret !== null && { secret: endpoint.secret }) };
}
