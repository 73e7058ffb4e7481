import { Hono } from "hono";
import { email, emailInput } from "../../outbox/message.ts";
import type { ApiEnv } from "../app.ts";
import { commitOne } from "../commit-one.ts";
import { readBody } from "../read-body.ts";
import { tenantOf } from "../tenant-of.ts";

export const emailRoutes = new Hono<ApiEnv>().post("/", async (c) => {
  const { deliverAt, ...content } = await readBody(c, emailInput);
  const message = email(content, { ...(deliverAt && { deliverAt }) });
  return c.json(await commitOne(c, tenantOf(c), message), 202);
});
