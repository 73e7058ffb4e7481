import { z } from "@hono/zod-openapi";
import { listBlockedKeys } from "../../trace/blocked-keys.ts";
import { listDeadLetters } from "../../trace/dead-letters.ts";
import { listDeliveries } from "../../trace/deliveries.ts";
import { listAttempts, readDelivery } from "../../trace/delivery.ts";
import { listEmails } from "../../trace/emails.ts";
import { readStats } from "../../trace/stats.ts";
import * as operations from "../operations/deliveries.ts";
import { nextCursor, positionFrom } from "../page.ts";
import {
  presentAttempt,
  presentBlockedKey,
  presentDeadLetter,
  presentDeliveryDetail,
  presentListedDelivery,
  presentListedEmail,
  presentStats,
} from "../present.ts";
import { router } from "../router.ts";

const place = z.strictObject({ seq: z.int(), endpointId: z.string() });
const attemptPlace = z.strictObject({ before: z.int() });

/** What becomes of messages: deliveries and attempts, what went wrong, and how much of it there is. */
export const deliveryRoutes = router()
  .openapi(operations.listDeliveriesOperation, async (c) => {
    const { cursor, ...query } = c.req.valid("query");
    const page = { ...query, after: positionFrom(cursor, place) };
    const { deliveries, next } = await listDeliveries(c.var.tools.db, c.req.valid("param").tenant, page);
    return c.json({ data: deliveries.map(presentListedDelivery), nextCursor: nextCursor(next) }, 200);
  })
  .openapi(operations.readDeliveryOperation, async (c) => {
    const { tenant, message, endpoint } = c.req.valid("param");
    return c.json(presentDeliveryDetail(await readDelivery(c.var.tools.db, tenant, message, endpoint)), 200);
  })
  .openapi(operations.listAttemptsOperation, async (c) => {
    const { tenant, message, endpoint } = c.req.valid("param");
    const { cursor, limit } = c.req.valid("query");
    const page = { limit, before: positionFrom(cursor, attemptPlace)?.before };
    const { attempts, next } = await listAttempts(c.var.tools.db, tenant, message, endpoint, page);
    const position = next === null ? null : { before: next };
    return c.json({ data: attempts.map(presentAttempt), nextCursor: nextCursor(position) }, 200);
  })
  .openapi(operations.listDeadLettersOperation, async (c) => {
    const { cursor, ...query } = c.req.valid("query");
    const page = { ...query, after: positionFrom(cursor, place) };
    const { deadLetters, next } = await listDeadLetters(c.var.tools.db, c.req.valid("param").tenant, page);
    return c.json({ data: deadLetters.map(presentDeadLetter), nextCursor: nextCursor(next) }, 200);
  })
  .openapi(operations.listBlockedKeysOperation, async (c) => {
    const { cursor, ...query } = c.req.valid("query");
    const page = { ...query, after: positionFrom(cursor, place) };
    const { blockedKeys, next } = await listBlockedKeys(c.var.tools.db, c.req.valid("param").tenant, page);
    return c.json({ data: blockedKeys.map(presentBlockedKey), nextCursor: nextCursor(next) }, 200);
  })
  .openapi(operations.listEmailsOperation, async (c) => {
    const { cursor, ...query } = c.req.valid("query");
    const page = { ...query, after: positionFrom(cursor, place) };
    const { emails, next } = await listEmails(c.var.tools.db, c.req.valid("param").tenant, page);
    return c.json({ data: emails.map(presentListedEmail), nextCursor: nextCursor(next) }, 200);
  })
  .openapi(operations.readStatsOperation, async (c) => {
    const { db, clock } = c.var.tools;
    const { tenant } = c.req.valid("param");
    return c.json(presentStats(await readStats(db, tenant, c.req.valid("query"), clock.now())), 200);
  });
