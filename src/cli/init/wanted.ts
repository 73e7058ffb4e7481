import { CommandError } from "../program.ts";
import { type Finding, merge } from "./finding.ts";
import type { InitOptions } from "./options.ts";
import { type Target, targetOf } from "./target.ts";
import { wantCron } from "./want-cron.ts";
import { chooseDatabase, type Database, wantDatabase } from "./want-database.ts";
import { wantEmail } from "./want-email.ts";
import { wantPlan } from "./want-plan.ts";
import { wantQueues } from "./want-queues.ts";
import { wantRateLimits } from "./want-rate-limits.ts";
import { wantRelay, wantRelayClass } from "./want-relay.ts";
import { wantNode, wantRuntime } from "./want-runtime.ts";

type Choice = Pick<InitOptions, "mode" | "script" | "database">;

export interface Wanted extends Finding {
  database: Database;
}

/**
 * Missing parts of the configuration.
 * @throws {CommandError} when the user must choose database
 */
export function findWanted(target: Target, choice: Choice): Wanted {
  const database = chooseDatabase(target, choice.database);
  return { database, ...merge([wantDatabase(target, database), ...findingsOf(target, choice)]) };
}

function findingsOf(target: Target, { mode, script }: Choice): Partial<Finding>[] {
  if (mode === "inbox") return [];
  if (mode === "sidecar") return [wantNode(target), wantRelay(target, script)];
  return [
    wantRuntime(target),
    wantRelay(target, undefined),
    wantRelayClass(target),
    wantQueues(target),
    wantEmail(target),
    wantRateLimits(target),
    wantCron(target),
    wantPlan(target),
  ];
}

/** Environments that lack something, as bindings are not inherited. */
export function findLackingEnvironments({ file, config, env }: Target, choice: Choice): string[] {
  if (env !== undefined) return [];
  return Object.keys(config.env ?? {}).filter((name) => {
    try {
      const { additions, conflicts } = findWanted(targetOf(file, config, name), choice);
      return additions.length > 0 || conflicts.length > 0;
    } catch (error) {
      if (error instanceof CommandError) return true;
      throw error;
    }
  });
}
