import { z } from "@hono/zod-openapi";
import {
  createEventType,
  deleteEventType,
  listEventTypes,
  readEventType,
  updateEventType,
} from "../../registry/event-types.ts";
import { once } from "../once.ts";
import * as operations from "../operations/event-types.ts";
import { nextCursor, positionFrom } from "../page.ts";
import { presentEventType } from "../present.ts";
import { router } from "../router.ts";

const position = z.strictObject({ createdAt: z.int(), id: z.string() });

export const eventTypeRoutes = router()
  .openapi(operations.createEventTypeOperation, async (c) => {
    return once(c, async (tools) => {
      const input = c.req.valid("json");
      const { eventType, created } = await createEventType(tools, c.req.valid("param").tenant, input);
      return c.json(presentEventType(eventType), created ? 201 : 200);
    });
  })
  .openapi(operations.listEventTypesOperation, async (c) => {
    const { limit, cursor, archived } = c.req.valid("query");
    const page = { limit, after: positionFrom(cursor, position), archived: archived === "true" };
    const { eventTypes, more } = await listEventTypes(c.var.tools, c.req.valid("param").tenant, page);
    const last = eventTypes.at(-1);
    const next = nextCursor(more && last ? { createdAt: last.createdAt, id: last.name } : null);
    return c.json({ data: eventTypes.map(presentEventType), nextCursor: next }, 200);
  })
  .openapi(operations.readEventTypeOperation, async (c) => {
    const { tenant, eventType } = c.req.valid("param");
    return c.json(presentEventType(await readEventType(c.var.tools, tenant, eventType)), 200);
  })
  .openapi(operations.updateEventTypeOperation, async (c) => {
    const { tenant, eventType } = c.req.valid("param");
    const changed = await updateEventType(c.var.tools, tenant, eventType, c.req.valid("json"));
    return c.json(presentEventType(changed), 200);
  })
  .openapi(operations.deleteEventTypeOperation, async (c) => {
    const { tenant, eventType } = c.req.valid("param");
    await deleteEventType(c.var.tools, tenant, eventType);
    return c.body(null, 204);
  });
