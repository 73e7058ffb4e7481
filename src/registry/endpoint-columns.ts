/** Columns of an endpoint that are written together, whoever writes them. */
import { sql } from "drizzle-orm";

/** With every change that a person makes. */
export const NEXT_VERSION = sql<number>`version + 1`;

/** Nothing is held against the endpoint any more: it is tried again as if it had never failed. */
export const HEALTHY = {
  failingSince: null,
  failedAt: null,
  heldUntil: null,
  holds: 0,
  windowFrom: null,
  windowAttempts: 0,
  windowFailures: 0,
  probeUntil: null,
};

/**
 * The row stays for the trace, without its secrets. Were its order still strict, what dies under way would block its
 * key for good: nobody replays or skips it here.
 */
export const DELETED = {
  state: "deleted",
  secret: null,
  previousSecrets: null,
  secretHeaders: null,
  secretHeaderNames: null,
  sealedBy: null,
  ordering: "lenient",
} as const;
