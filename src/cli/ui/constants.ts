import { SYSTEM_EVENTS } from "../../domain/system-events.ts";
import { limits } from "../../platform/limits.ts";

/** The module `constants.gen.ts`: what the front end, which imports nothing from outside of its folder, knows beside the API. */
export function constantsModule(): string {
  const { replaysPerSecond, replaysPerCall, deliveriesNamed } = limits;
  return [
    "// Made by src/cli/build-ui.ts.",
    "/** Events of the outbox itself, which an endpoint gets only by their names. */",
    `export const SYSTEM_EVENTS: readonly string[] = ${JSON.stringify(SYSTEM_EVENTS)};`,
    "/** Replayed deliveries that become due in a second, those that one call replays, and those that one call names. */",
    `export const LIMITS = ${JSON.stringify({ replaysPerSecond, replaysPerCall, deliveriesNamed })};`,
    "",
  ].join("\n");
}
