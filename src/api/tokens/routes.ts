import { presentToken, tokensPage } from "../../answers/tokens.ts";
import { issueToken, readToken, revokeSession, revokeToken } from "../../registry/tokens.ts";
import { once } from "../once.ts";
import { router } from "../router.ts";
import * as operations from "./operations.ts";

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
    const { tenant } = c.req.valid("param");
    return c.json(await tokensPage(c.var.tools.db, tenant, c.req.valid("query")), 200);
  })
  .openapi(operations.readTokenOperation, async (c) => {
    const { tenant, token } = c.req.valid("param");
    return c.json(presentToken(await readToken(c.var.tools, tenant, token)), 200);
  })
  .openapi(operations.revokeSessionOperation, async (c) => {
    const { tools } = c.var;
    return c.json(
      await revokeSession(tools, c.req.valid("param").tenant, c.req.valid("query").sessionId),
      200,
    );
  })
  .openapi(operations.revokeTokenOperation, async (c) => {
    const { tenant, token } = c.req.valid("param");
    await revokeToken(c.var.tools, tenant, token);
    return c.body(null, 204);
  });
