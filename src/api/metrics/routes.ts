import { EXPOSITION_TYPE } from "../../metrics/exposition.ts";
import { router } from "../router.ts";
import { metricsOperation } from "./operations.ts";

export const metricsRoute = router().openapi(metricsOperation, async (c) => {
  const { tools } = c.var;
  const text = await tools.metrics.read(tools, c.req.valid("query").tenant ?? []);
  return c.text(text, 200, { "content-type": EXPOSITION_TYPE });
});
