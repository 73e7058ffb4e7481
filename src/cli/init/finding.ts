import type { Addition } from "./addition.ts";

/** What a look at one subject of the configuration has found. */
export interface Finding {
  additions: Addition[];
  /** What is there and points elsewhere: nothing can be written before a person has decided. */
  conflicts: string[];
  /** What to know, though nothing is wrong. */
  notes: string[];
}

export function merge(findings: readonly Partial<Finding>[]): Finding {
  return {
    additions: findings.flatMap(({ additions = [] }) => additions),
    conflicts: findings.flatMap(({ conflicts = [] }) => conflicts),
    notes: findings.flatMap(({ notes = [] }) => notes),
  };
}
