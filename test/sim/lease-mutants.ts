import type { Mutant, Patch } from "./mutants.ts";

const FAN_OUT = "src/outbox/fan-out-statements.ts";

/** Takes away the consumer's own guard of the order of a key. */
export const IGNORE_BLOCKED: Patch = {
  file: "src/delivery/carry-out.ts",
  find: "    if (row.blocked) return giveBack(tools, run, [row, ...rest]);\n",
  replace: "",
};

/** Bugs about deliveries that a commit leases. */
export const LEASE_MUTANTS: Record<string, Mutant> = {
  "a commit hands over what is scheduled for later": [
    { file: FAN_OUT, find: "AND coalesce(m.deliver_at, 0) <= m.committed_at\n", replace: "\n" },
    {
      file: "src/outbox/commit-lease.ts",
      find: "  if (keyed.some(({ deliverAt }) => (deliverAt ?? 0) > now)) return false;\n",
      replace: "",
    },
  ],
  "a commit hands over what an earlier one of its key stands before": [
    { file: FAN_OUT, find: "AND NOT one.is_blocked\n", replace: "\n" },
    IGNORE_BLOCKED,
  ],
  "a commit hands over what comes after a scheduled one of its key": [
    {
      file: "src/outbox/commit-lease.ts",
      find: "  if (keyed.some(({ deliverAt }) => (deliverAt ?? 0) > now)) return false;\n",
      replace: "",
    },
    IGNORE_BLOCKED,
  ],
  "the lease of a commit does not end": [
    { file: FAN_OUT, find: "->> 'ms')", replace: "->> 'ms') + 1000000000" },
  ],
};
