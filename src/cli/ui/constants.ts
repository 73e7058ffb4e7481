import { SYSTEM_EVENTS } from "../../domain/system-events.ts";
import { MAILBOX_REPLIES } from "../../mailbox/answers.ts";
import { receiverLimits } from "../../platform/development-limits.ts";
import { limits } from "../../platform/limits.ts";

/** The module `constants.gen.ts`: what the front end, which imports nothing from outside of its folder, knows beside the API. */
export function constantsModule(): string {
  const { replaysPerSecond, replaysPerCall, deliveriesNamed } = limits;
  const known = {
    replaysPerSecond,
    replaysPerCall,
    deliveriesNamed,
    receivedBytesKept: receiverLimits.bodyBytes,
  };
  return [
    "// Made by src/cli/build-ui.ts.",
    "/** Events of the outbox itself, which an endpoint gets only by their names. */",
    `export const SYSTEM_EVENTS: readonly string[] = ${JSON.stringify(SYSTEM_EVENTS)};`,
    "/** Answers of the mailbox: `accepted`, and the refusals. */",
    `export const MAILBOX_REPLIES: readonly string[] = ${JSON.stringify(MAILBOX_REPLIES)};`,
    "/** Replayed deliveries that become due in a second, those that one call replays, those that one call names, and bytes of a body that the receiver keeps. */",
    `export const LIMITS = ${JSON.stringify(known)};`,
    "",
  ].join("\n");
}
