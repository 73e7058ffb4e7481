import { Hono } from "hono";
import { z } from "zod";
import { cancelOne, cancelWhole } from "../../interventions/cancel.ts";
import {
  deadLetterReplayInput,
  endpointReplayInput,
  replayDeadLetters,
  replayEndpoint,
  replayOne,
} from "../../interventions/replay.ts";
import { skipEndpoint, skipInput, skipOne } from "../../interventions/skip.ts";
import { readEndpoint } from "../../registry/endpoints.ts";
import { readTenant } from "../../registry/tenants.ts";
import { listBlockedKeys } from "../../trace/blocked-keys.ts";
import { listDeadLetters } from "../../trace/dead-letters.ts";
import type { ApiEnv } from "../app.ts";
import { encodeCursor, readPage } from "../page.ts";
import { presentBlockedKey, presentDeadLetter } from "../present.ts";
import { readBody } from "../read-body.ts";
import { tenantOf } from "../tenant-of.ts";

const place = z.strictObject({ seq: z.number().int(), endpointId: z.string() });

/** What people do to deliveries: cancel them, try them again, and let a key pass a dead one. */
export const interventionRoutes = new Hono<ApiEnv>()
  .post("/messages/:message/cancel", async (c) => {
    return c.json({ cancelled: await cancelWhole(c.var.tools, tenantOf(c), c.req.param("message")) }, 202);
  })
  .post("/messages/:message/deliveries/:endpoint/cancel", async (c) => {
    const { message, endpoint } = c.req.param();
    await cancelOne(c.var.tools, tenantOf(c), message, endpoint);
    return c.json({ cancelled: 1 }, 202);
  })
  .post("/messages/:message/deliveries/:endpoint/replay", async (c) => {
    const { message, endpoint } = c.req.param();
    return c.json(await replayOne(c.var.tools, tenantOf(c), message, endpoint), 202);
  })
  .post("/endpoints/:endpoint/replay", async (c) => {
    const input = await readBody(c, endpointReplayInput);
    const { id } = await readEndpoint(c.var.tools, tenantOf(c), c.req.param("endpoint"));
    return c.json(await replayEndpoint(c.var.tools, tenantOf(c), id, input), 202);
  })
  .post("/messages/:message/deliveries/:endpoint/skip", async (c) => {
    const { message, endpoint } = c.req.param();
    await skipOne(c.var.tools, tenantOf(c), message, endpoint);
    return c.json({ skipped: 1 }, 202);
  })
  .post("/endpoints/:endpoint/skip", async (c) => {
    const input = await readBody(c, skipInput);
    const { id } = await readEndpoint(c.var.tools, tenantOf(c), c.req.param("endpoint"));
    return c.json(await skipEndpoint(c.var.tools, tenantOf(c), id, input), 202);
  })
  .get("/blocked-keys", async (c) => {
    const { limit, after } = readPage(c, place);
    const endpointId = c.req.query("endpointId");
    const page = { limit, after, endpointId };
    const { blockedKeys, more } = await listBlockedKeys(c.var.tools.db, tenantOf(c), page);
    const last = blockedKeys.at(-1);
    const nextCursor =
      more && last ? encodeCursor({ seq: last.head.sequence, endpointId: last.endpointId }) : null;
    return c.json({ data: blockedKeys.map(presentBlockedKey), nextCursor });
  })
  .get("/dead-letters", async (c) => {
    const { limit, after } = readPage(c, place);
    const { deadLetters, more } = await listDeadLetters(c.var.tools.db, tenantOf(c), { limit, after });
    const last = deadLetters.at(-1);
    const nextCursor =
      more && last ? encodeCursor({ seq: last.sequence, endpointId: last.endpointId }) : null;
    return c.json({ data: deadLetters.map(presentDeadLetter), nextCursor });
  })
  .post("/dead-letters/replay", async (c) => {
    const input = await readBody(c, deadLetterReplayInput);
    const { id } = await readTenant(c.var.tools, tenantOf(c));
    return c.json(await replayDeadLetters(c.var.tools, id, input), 202);
  });
