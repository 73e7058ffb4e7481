import { Hono } from "hono";
import { z } from "zod";
import { messageInput } from "../../outbox/message.ts";
import { listMessages, readMessage } from "../../trace/messages.ts";
import type { ApiEnv } from "../app.ts";
import { commitOne } from "../commit-one.ts";
import { encodeCursor, readPage } from "../page.ts";
import { presentSummary, presentTrace } from "../present.ts";
import { readBody } from "../read-body.ts";
import { tenantOf } from "../tenant-of.ts";

const position = z.strictObject({ before: z.number().int().min(1) });

export const messageRoutes = new Hono<ApiEnv>()
  .post("/", async (c) => {
    const message = await readBody(c, messageInput);
    return c.json(await commitOne(c, tenantOf(c), message), 202);
  })
  .get("/", async (c) => {
    const { limit, after } = readPage(c, position);
    const { messages, more } = await listMessages(c.var.tools.db, tenantOf(c), {
      limit,
      before: after?.before,
    });
    const last = messages.at(-1);
    return c.json({
      data: messages.map((message) => ({
        ...presentSummary(message),
        deliveries: message.deliveries,
        states: message.states,
      })),
      nextCursor: more && last ? encodeCursor({ before: last.sequence }) : null,
    });
  })
  .get("/:message", async (c) => {
    return c.json(presentTrace(await readMessage(c.var.tools.db, tenantOf(c), c.req.param("message"))));
  });
