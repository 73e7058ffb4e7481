import {
  attemptsPage,
  blockedKeysPage,
  deadLettersPage,
  deliveriesPage,
  emailsPage,
  presentDeliveryDetail,
} from "../../answers/deliveries.ts";
import { readDelivery } from "../../trace/delivery.ts";
import { router } from "../router.ts";
import * as operations from "./operations.ts";

/** Reads of deliveries and attempts, dead letters and blocked keys. */
export const deliveryRoutes = router()
  .openapi(operations.listDeliveriesOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    return c.json(await deliveriesPage(c.var.tools.db, tenant, c.req.valid("query")), 200);
  })
  .openapi(operations.readDeliveryOperation, async (c) => {
    const { tenant, message: messageId, endpoint: endpointId } = c.req.valid("param");
    const delivery = await readDelivery(c.var.tools.db, tenant, { messageId, endpointId });
    return c.json(presentDeliveryDetail(delivery), 200);
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
  .openapi(operations.listBlockedKeysOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    return c.json(await blockedKeysPage(c.var.tools.db, tenant, c.req.valid("query")), 200);
  })
  .openapi(operations.listEmailsOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    return c.json(await emailsPage(c.var.tools.db, tenant, c.req.valid("query")), 200);
  });
