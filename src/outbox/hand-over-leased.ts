import type { Database } from "../db/database.ts";
import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import { type Claimed, handOver } from "../relay/hand-over.ts";
import type { HandOver } from "./commit-lease.ts";
import type { Made, Plan } from "./plan.ts";
import type { LeasedAtCommit } from "./rows.ts";
import type { Wake } from "./waker.ts";

interface Tools {
  db: Database;
  clock: Clock;
  log: Log;
  wake: Wake;
  handOver?: HandOver | undefined;
}

/** Hands over the deliveries that a commit has leased. A hint like a wake: if it is lost, their lease ends. */
export function handOverLeased(tools: Tools, { tenantId, lease }: Plan, { leased }: Made): void {
  if (!tools.handOver || !lease || leased.length === 0) return;
  const { sendTasks, keepAlive } = tools.handOver;
  const claimed = byEndpoint(leased, lease.token);
  keepAlive(handOverAll({ ...tools, sendTasks }, tenantId, claimed));
}

async function handOverAll(
  tools: Tools & Pick<HandOver, "sendTasks">,
  tenantId: string,
  claimed: readonly Claimed[],
): Promise<void> {
  try {
    const refusing = await handOver(tools, tenantId, claimed);
    if (refusing.length > 0) tools.wake(tenantId, tools.clock.now() + limits.relayBackoffMs);
  } catch (error) {
    tools.log("message.hand_over_failed", { tenant: tenantId, error: describeError(error) });
  }
}

function byEndpoint(leased: readonly LeasedAtCommit[], leaseToken: string): Claimed[] {
  return [...Map.groupBy(leased, ({ endpoint_id }) => endpoint_id)].map(([endpointId, rows]) => {
    const [{ channel } = {}] = rows;
    return {
      endpointId,
      channel: channel as LeasedAtCommit["channel"],
      leaseToken,
      pack: limits.packDeliveries,
      rows,
    };
  });
}
