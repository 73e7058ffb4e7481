import { z } from "@hono/zod-openapi";
import { issueToken, listTokens, readToken, revokeToken } from "../../registry/tokens.ts";
import { once } from "../once.ts";
import * as operations from "../operations/tokens.ts";
import { nextCursor, positionFrom } from "../page.ts";
import { presentToken } from "../present.ts";
import { router } from "../router.ts";

const position = z.strictObject({ createdAt: z.int(), id: z.string() });

export const tokenRoutes = router()
  .openapi(operations.issueTokenOperation, async (c) => {
    return once(
      c,
      async (tools) => {
        const issued = await issueToken(tools, c.req.valid("param").tenant, c.req.valid("json"));
        return c.json({ ...presentToken(issued), token: issued.token }, 201);
      },
      "token",
    );
  })
  .openapi(operations.listTokensOperation, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const page = { limit, after: positionFrom(cursor, position) };
    const { tokens, more } = await listTokens(c.var.tools, c.req.valid("param").tenant, page);
    const last = tokens.at(-1);
    const next = nextCursor(more && last ? { createdAt: last.createdAt, id: last.id } : null);
    return c.json({ data: tokens.map(presentToken), nextCursor: next }, 200);
  })
  .openapi(operations.readTokenOperation, async (c) => {
    const { tenant, token } = c.req.valid("param");
    return c.json(presentToken(await readToken(c.var.tools, tenant, token)), 200);
  })
  .openapi(operations.revokeTokenOperation, async (c) => {
    const { tenant, token } = c.req.valid("param");
    await revokeToken(c.var.tools, tenant, token);
    return c.body(null, 204);
  });
