import { z } from "@hono/zod-openapi";
import { email } from "../../outbox/message.ts";
import { listMessages, readMessage } from "../../trace/messages.ts";
import { commitAll, commitOne } from "../commit-one.ts";
import * as operations from "../operations/messages.ts";
import { nextCursor, positionFrom } from "../page.ts";
import { presentCommitted, presentListedMessage, presentTrace } from "../present.ts";
import { router } from "../router.ts";

const position = z.strictObject({ before: z.int().min(1) });

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
    const { deliverAt, ...content } = c.req.valid("json");
    const message = email(content, { ...(deliverAt !== undefined && { deliverAt }) });
    return c.json(await commitOne(c, c.req.valid("param").tenant, message), 202);
  })
  .openapi(operations.listMessagesOperation, async (c) => {
    const { cursor, ...query } = c.req.valid("query");
    const page = { ...query, before: positionFrom(cursor, position)?.before };
    const { messages, next } = await listMessages(c.var.tools.db, c.req.valid("param").tenant, page);
    const place = next === null ? null : { before: next };
    return c.json({ data: messages.map(presentListedMessage), nextCursor: nextCursor(place) }, 200);
  })
  .openapi(operations.readMessageOperation, async (c) => {
    const { tenant, message } = c.req.valid("param");
    return c.json(presentTrace(await readMessage(c.var.tools.db, tenant, message)), 200);
  });
