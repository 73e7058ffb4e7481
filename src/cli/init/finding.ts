import type { Addition } from "./addition.ts";

/** Finding about one subject of the configuration. */
export interface Finding {
  additions: Addition[];
  /** Existing parts that contradict the outbox's: a person must decide before anything is written. */
  conflicts: string[];
  /** Notes that need no action. */
  notes: string[];
}

export function merge(findings: readonly Partial<Finding>[]): Finding {
  return {
    additions: findings.flatMap(({ additions = [] }) => additions),
    conflicts: findings.flatMap(({ conflicts = [] }) => conflicts),
    notes: findings.flatMap(({ notes = [] }) => notes),
  };
}
