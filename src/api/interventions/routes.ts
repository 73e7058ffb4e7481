import { presentDismissed, presentReplayed } from "../../answers/interventions.ts";
import { cancelOne, cancelWhole } from "../../interventions/cancel.ts";
import { dismissDeadLetters, dismissOne } from "../../interventions/dismiss.ts";
import { replayDeadLetters, replayEndpoint, replayOne } from "../../interventions/replay.ts";
import { retryEndpoint, retryOne } from "../../interventions/retry.ts";
import { skipEndpoint, skipOne } from "../../interventions/skip.ts";
import { once } from "../once.ts";
import { router } from "../router.ts";
import * as operations from "./operations.ts";

/** Interventions of people: cancel, replay, retry, skip and dismiss deliveries. */
export const interventionRoutes = router()
  .openapi(operations.cancelMessageOperation, async (c) => {
    const { tenant, message } = c.req.valid("param");
    return once(c, async (tools) => c.json({ cancelled: await cancelWhole(tools, tenant, message) }, 202));
  })
  .openapi(operations.cancelDeliveryOperation, async (c) => {
    const { tenant, message, endpoint } = c.req.valid("param");
    return once(c, async (tools) => {
      await cancelOne(tools, tenant, message, endpoint);
      return c.json({ cancelled: 1 }, 202);
    });
  })
  .openapi(operations.replayDeliveryOperation, async (c) => {
    const { tenant, message, endpoint } = c.req.valid("param");
    return once(c, async (tools) => c.json(await replayOne(tools, tenant, message, endpoint), 202));
  })
  .openapi(operations.retryDeliveryOperation, async (c) => {
    const { tenant, message, endpoint } = c.req.valid("param");
    return once(c, async (tools) => {
      await retryOne(tools, tenant, message, endpoint);
      return c.json({ retried: 1 }, 202);
    });
  })
  .openapi(operations.dismissDeliveryOperation, async (c) => {
    const { tenant, message, endpoint } = c.req.valid("param");
    return once(c, async (tools) => {
      await dismissOne(tools, tenant, message, endpoint);
      return c.json({ dismissed: 1 }, 202);
    });
  })
  .openapi(operations.skipDeliveryOperation, async (c) => {
    const { tenant, message, endpoint } = c.req.valid("param");
    return once(c, async (tools) => {
      await skipOne(tools, tenant, message, endpoint);
      return c.json({ skipped: 1 }, 202);
    });
  })
  .openapi(operations.replayEndpointOperation, async (c) => {
    const { tenant, endpoint } = c.req.valid("param");
    return once(c, async (tools) =>
      c.json(presentReplayed(await replayEndpoint(tools, tenant, endpoint, c.req.valid("json"))), 202),
    );
  })
  .openapi(operations.retryEndpointOperation, async (c) => {
    const { tenant, endpoint } = c.req.valid("param");
    return once(c, async (tools) =>
      c.json(await retryEndpoint(tools, tenant, endpoint, c.req.valid("json")), 202),
    );
  })
  .openapi(operations.skipEndpointOperation, async (c) => {
    const { tenant, endpoint } = c.req.valid("param");
    return once(c, async (tools) =>
      c.json(await skipEndpoint(tools, tenant, endpoint, c.req.valid("json")), 202),
    );
  })
  .openapi(operations.replayDeadLettersOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    return once(c, async (tools) =>
      c.json(presentReplayed(await replayDeadLetters(tools, tenant, c.req.valid("json"))), 202),
    );
  })
  .openapi(operations.dismissDeadLettersOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    return once(c, async (tools) =>
      c.json(presentDismissed(await dismissDeadLetters(tools, tenant, c.req.valid("json"))), 202),
    );
  });
