import { messagesPage, presentCommitted, presentTrace } from "../../answers/messages.ts";
import { emailOf } from "../../outbox/message.ts";
import { readMessage } from "../../trace/messages.ts";
import { router } from "../router.ts";
import { commitAll, commitOne } from "./commit.ts";
import * as operations from "./operations.ts";

export const messageRoutes = router()
  .openapi(operations.createMessageOperation, async (c) => {
    return c.json(await commitOne(c, c.req.valid("param").tenant, c.req.valid("json")), 202);
  })
  .openapi(operations.createBatchOperation, async (c) => {
    const { messages } = c.req.valid("json");
    const committed = await commitAll(c, c.req.valid("param").tenant, messages);
    const { duplicate } = committed;
    return c.json({ messages: committed.messages.map(presentCommitted), duplicate }, 202);
  })
  .openapi(operations.createEmailOperation, async (c) => {
    const { orderingKey, deliverAt, ...content } = c.req.valid("json");
    const message = { ...emailOf(content), orderingKey, deliverAt };
    return c.json(await commitOne(c, c.req.valid("param").tenant, message, ""), 202);
  })
  .openapi(operations.listMessagesOperation, async (c) => {
    const { tenant } = c.req.valid("param");
    const { unmatched, ...query } = c.req.valid("query");
    const asked = { ...query, unmatched: unmatched === "true" };
    return c.json(await messagesPage(c.var.tools.db, tenant, asked), 200);
  })
  .openapi(operations.readMessageOperation, async (c) => {
    const { tenant, message } = c.req.valid("param");
    const { db, clock, retrySchedule } = c.var.tools;
    return c.json(presentTrace(await readMessage(db, tenant, message, clock.now()), retrySchedule), 200);
  });
