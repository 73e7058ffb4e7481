import { type Finding, merge } from "./finding.ts";
import { inherited, pathOfInherited, type Target } from "./target.ts";

/**
 * The library imports modules of Node. Before this date wrangler and workerd lack some of them, whatever the flags.
 */
const NODE_SINCE = "2024-09-23";
/** From this date on they need no flag. */
const NODE_BY_DEFAULT_SINCE = "2026-08-04";

/** A Worker that has code, a compatibility date, the modules of Node, and no way past the front door of its zone. */
export function wantRuntime(target: Target): Partial<Finding> {
  const { where, config } = target;
  if (inherited(target, "main") === undefined) {
    const what =
      config.pages_build_output_dir === undefined
        ? 'Add "main", the file that has your Worker\'s fetch handler.'
        : "It is one of Pages, which has no queues and no cron: let a Worker of its own relay, and run init with --sidecar.";
    return { conflicts: [`${where} has no "main", and the outbox is code. ${what}`] };
  }
  return merge([wantNode(target), wantPublicFetch(target)]);
}

const PUBLIC_FETCH = "global_fetch_strictly_public";

/** Without it a webhook to a host of the Worker's own zone goes to the origin, past other Workers, the WAF and Access. */
function wantPublicFetch(target: Target): Partial<Finding> {
  const flags = inherited(target, "compatibility_flags") ?? [];
  if (flags.includes(PUBLIC_FETCH)) return {};
  if (flags.includes("global_fetch_private_origin")) {
    return {
      conflicts: [
        `The flag global_fetch_private_origin in ${target.where} sends webhooks to hosts of your own zone past Cloudflare's security, straight to the origin: take the flag away, or let a Worker of its own relay, and run init with --sidecar.`,
      ],
    };
  }
  const at = pathOfInherited(target, "compatibility_flags");
  return {
    additions: [{ kind: "append", at, value: PUBLIC_FETCH }],
    notes: [
      `With ${PUBLIC_FETCH} every fetch of your Worker to a host of its own zone comes in by the front door, as a webhook must. A Worker that passes requests on to an origin of its own zone cannot have it: let a Worker of its own relay, and run init with --sidecar.`,
    ],
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
