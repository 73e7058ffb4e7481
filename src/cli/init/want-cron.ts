import type { Addition } from "./addition.ts";
import type { Finding } from "./finding.ts";
import { inherited, type Target } from "./target.ts";
import type { Section } from "./worker-config.ts";

export const CRON = "* * * * *";

/** The crons of the app's own. */
export function otherCrons({ triggers }: Section): string[] {
  return (triggers?.crons ?? []).filter((cron) => cron !== CRON);
}

/** Every minute: finds deliveries that a lost hint left behind, and removes messages past their retention. */
export function wantCron(target: Target): Partial<Finding> {
  const { section, config, path } = target;
  const crons = inherited(target, "triggers")?.crons ?? [];
  const notes = crons.length > 0 && !wereToldOf(target) ? [sharedNote(crons)] : [];
  if (crons.includes(CRON)) return { notes };
  const at = [...path, "triggers"];
  // An environment's own triggers hide those of the top level: it gets them, too.
  const hidden = section.triggers === undefined ? Object.entries(config.triggers ?? {}) : [];
  const copied = hidden.flatMap(([key, values]) =>
    [values].flat().map((value): Addition => ({ kind: "append", at: [...at, key], value })),
  );
  return { additions: [...copied, { kind: "append", at: [...at, "crons"], value: CRON }], notes };
}

/**
 * Decided when the relay was added beside them: to this section, or to the top level that it inherits crons from.
 */
function wereToldOf({ section, config }: Target): boolean {
  return hasRelay(section) || (section.triggers === undefined && hasRelay(config));
}

function hasRelay(section: Section): boolean {
  return section.durable_objects?.bindings?.some(({ name }) => name === "RELAY") ?? false;
}

function sharedNote(crons: readonly string[]): string {
  const what = `Your crons and the outbox's call the same "scheduled"`;
  return crons.includes(CRON)
    ? `${what}: at "${CRON}", which you have, call both.`
    : `${what}: pass on to the outbox what has controller.cron "${CRON}".`;
}
