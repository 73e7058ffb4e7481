import { EXPOSITION_TYPE } from "../../metrics/exposition.ts";
import { KnownMetrics } from "../../metrics/known-metrics.ts";
import type { DoorMemory } from "../door/door-memory.ts";
import { router } from "../router.ts";
import { metricsOperation } from "./operations.ts";

/** The metrics that an isolate knows, of each of its outboxes. */
const known = new WeakMap<DoorMemory, KnownMetrics>();

function knownOf(memory: DoorMemory): KnownMetrics {
  const metrics = known.get(memory) ?? new KnownMetrics();
  known.set(memory, metrics);
  return metrics;
}

export const metricsRoute = router().openapi(metricsOperation, async (c) => {
  const { tools } = c.var;
  const text = await knownOf(tools.doorMemory).read(tools, c.req.valid("query").tenant ?? []);
  return c.text(text, 200, { "content-type": EXPOSITION_TYPE });
});
