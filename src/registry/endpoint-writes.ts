/** Columns of an endpoint that are always written together. */
import { sql } from "drizzle-orm";

/** Written with every change by a person. */
export const NEXT_VERSION = sql<number>`version + 1`;

/** Forgets the failures of the endpoint. */
export const HEALTHY = {
  failingSince: null,
  failedAt: null,
  failingTold: 0,
  heldUntil: null,
  holds: 0,
  windowFrom: null,
  windowAttempts: 0,
  windowFailures: 0,
  probeUntil: null,
};

/**
 * The row stays for the trace, without its secrets. Its order becomes lenient, because a delivery that dies under way
 * would otherwise block its key for ever.
 */
export const DELETED = {
  state: "deleted",
  secret: null,
  previousSecrets: null,
  secretSetAt: null,
  secretHeaders: null,
  secretHeaderNames: null,
  sealedBy: null,
  ordering: "lenient",
} as const;
