import { type Finding, merge } from "./finding.ts";
import { inherited, pathOfInherited, type Target } from "./target.ts";

/**
 * The library imports modules of Node. Before this date wrangler and workerd lack some of them, whatever the flags.
 */
const NODE_SINCE = "2024-09-23";
/** From this date on they need no flag. */
const NODE_BY_DEFAULT_SINCE = "2026-08-04";

const RELAY_ELSEWHERE = "let a Worker of its own relay, and run init with --sidecar.";

/** A flag of the whole Worker, which changes its own code's behaviour, too. */
interface WantedFlag {
  name: string;
  /** Effect on the Worker. */
  effect: string;
  /** Worker that cannot have it. */
  unfit: string;
  opposite: string;
  /** Effect of the opposite flag on the outbox. */
  harm: string;
}

/** Without it a webhook to a host of the Worker's own zone goes to the origin, past other Workers, the WAF and Access. */
const PUBLIC_FETCH: WantedFlag = {
  name: "global_fetch_strictly_public",
  effect:
    "every fetch of your Worker to a host of its own zone comes in by the front door, as a webhook must",
  unfit: "A Worker that passes requests on to an origin of its own zone",
  opposite: "global_fetch_private_origin",
  harm: "sends webhooks to hosts of your own zone past Cloudflare's security, straight to the origin",
};

/** Without it a batch is acknowledged, and makes room for the next, only when its attempts in waitUntil have ended, too. */
const EARLY_ACKNOWLEDGEMENT: WantedFlag = {
  name: "queue_consumer_no_wait_for_wait_until",
  effect:
    "every batch of your Worker's queues is acknowledged when its consumer returns, so a receiver that hangs holds up no other tenant for the whole of its timeout",
  unfit: "A Worker whose own consumers rely on waitUntil before they are acknowledged",
  opposite: "queue_consumer_wait_for_wait_until",
  harm: "lets a receiver that hangs hold up the other tenants of its queue for the whole of its timeout",
};

/** A Worker that has code, a compatibility date, the modules of Node, and the flags that deliveries need. */
export function wantRuntime(target: Target): Partial<Finding> {
  const { where, config } = target;
  if (inherited(target, "main") === undefined) {
    const what =
      config.pages_build_output_dir === undefined
        ? 'Add "main", the file that has your Worker\'s fetch handler.'
        : `It is one of Pages, which has no queues and no cron: ${RELAY_ELSEWHERE}`;
    return { conflicts: [`${where} has no "main", and the outbox is code. ${what}`] };
  }
  return merge([wantNode(target), wantFlag(target, PUBLIC_FETCH), wantFlag(target, EARLY_ACKNOWLEDGEMENT)]);
}

function wantFlag(target: Target, { name, effect, unfit, opposite, harm }: WantedFlag): Partial<Finding> {
  const flags = inherited(target, "compatibility_flags") ?? [];
  if (flags.includes(name)) return {};
  if (flags.includes(opposite)) {
    return {
      conflicts: [
        `The flag ${opposite} in ${target.where} ${harm}: take the flag away, or ${RELAY_ELSEWHERE}`,
      ],
    };
  }
  const at = pathOfInherited(target, "compatibility_flags");
  return {
    additions: [{ kind: "append", at, value: name }],
    notes: [`With ${name} ${effect}. ${unfit} cannot have it: ${RELAY_ELSEWHERE}`],
  };
}

/** The modules of Node, which the library imports. */
export function wantNode(target: Target): Partial<Finding> {
  const { where } = target;
  const date = inherited(target, "compatibility_date");
  const flags = inherited(target, "compatibility_flags") ?? [];
  if (date === undefined) {
    return { conflicts: [`${where} has no compatibility_date: add today's, "${today()}".`] };
  }
  if (date < NODE_SINCE) {
    return {
      conflicts: [
        `The compatibility_date in ${where} is ${date}, and the outbox runs from ${NODE_SINCE} on. A later date changes how your Worker runs, too: set it, test, and run init again.`,
      ],
    };
  }
  const refused = flags.find((flag) => /^no_nodejs_compat(_v2)?$/.test(flag));
  if (refused !== undefined) {
    return {
      conflicts: [
        `The flag ${refused} in ${where} takes from the outbox the modules of Node that it needs: take the flag away.`,
      ],
    };
  }
  if (date >= NODE_BY_DEFAULT_SINCE || flags.some((flag) => /^nodejs_compat(_v2)?$/.test(flag))) return {};
  const at = pathOfInherited(target, "compatibility_flags");
  return { additions: [{ kind: "append", at, value: "nodejs_compat" }] };
}

function today(): string {
  return new Date().toISOString().slice(0, NODE_SINCE.length);
}
