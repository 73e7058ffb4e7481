import {
  attemptsPage,
  blockedDeliveriesPage,
  blockedKeysPage,
  deadLettersPage,
  deliveriesPage,
  emailsPage,
  presentDeadLetterGroups,
  presentDeliveryDetail,
} from "../../answers/deliveries.ts";
import { groupDeadLetters } from "../../trace/dead-letter-groups.ts";
import { readDelivery } from "../../trace/delivery.ts";
import { router } from "../router.ts";
import * as operations from "./operations.ts";

/** Reads of deliveries and attempts, dead letters and blocked keys. */
export const deliveryRoutes = router()
  .openapi(operations.listDeliveriesOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    return c.json(await deliveriesPage(c.var.tools, tenant, c.req.valid("query")), 200);
  })
  .openapi(operations.readDeliveryOperation, async (c) => {
    const { tenant, message: messageId, endpoint: endpointId } = c.req.valid("param");
    const { db, clock, retrySchedule } = c.var.tools;
    const delivery = await readDelivery(db, tenant, { messageId, endpointId }, clock.now());
    return c.json(presentDeliveryDetail(delivery, retrySchedule), 200);
  })
  .openapi(operations.listAttemptsOperation, async (c) => {
    const { tenant, message: messageId, endpoint: endpointId } = c.req.valid("param");
    const delivery = { messageId, endpointId };
    return c.json(await attemptsPage(c.var.tools.db, tenant, delivery, c.req.valid("query")), 200);
  })
  .openapi(operations.listDeadLettersOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    return c.json(await deadLettersPage(c.var.tools.db, tenant, c.req.valid("query")), 200);
  })
  .openapi(operations.groupDeadLettersOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    const groups = await groupDeadLetters(c.var.tools.db, tenant, c.req.valid("query"));
    return c.json(presentDeadLetterGroups(groups), 200);
  })
  .openapi(operations.listBlockedKeysOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    return c.json(await blockedKeysPage(c.var.tools.db, tenant, c.req.valid("query")), 200);
  })
  .openapi(operations.listBlockedDeliveriesOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    return c.json(await blockedDeliveriesPage(c.var.tools, tenant, c.req.valid("query")), 200);
  })
  .openapi(operations.listEmailsOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    return c.json(await emailsPage(c.var.tools, tenant, c.req.valid("query")), 200);
  });
