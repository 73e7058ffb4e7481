import { eventTypesPage, presentEventType } from "../../answers/event-types.ts";
import {
  createEventType,
  deleteEventType,
  readEventType,
  updateEventType,
} from "../../registry/event-types.ts";
import { readVolumes } from "../../trace/volumes.ts";
import { once } from "../once.ts";
import { router } from "../router.ts";
import * as operations from "./operations.ts";

export const eventTypeRoutes = router()
  .openapi(operations.createEventTypeOperation, async (c) => {
    return once(c, async (tools) => {
      const input = c.req.valid("json");
      const { eventType, created } = await createEventType(tools, c.req.valid("param").tenant, input);
      return c.json(presentEventType(eventType), created ? 201 : 200);
    });
  })
  .openapi(operations.listEventTypesOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    const { archived, with: wanted, ...query } = c.req.valid("query");
    const { db, clock } = c.var.tools;
    const page = await eventTypesPage(db, tenant, { ...query, archived: archived === "true" });
    if (wanted === undefined) return c.json(page, 200);
    const volumeOf = await readVolumes(db, tenant, clock.now());
    return c.json(
      { ...page, data: page.data.map((type) => ({ ...type, volume: volumeOf(type.name) })) },
      200,
    );
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
