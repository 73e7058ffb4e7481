import { WORK_TYPE } from "../domain/event-type.ts";
import { handlerOfEndpoint, type KnownHandlers, registeredNames } from "../domain/handlers.ts";
import { invalid } from "../platform/errors.ts";
import type { Draft } from "./message.ts";

/**
 * Work is for one handler, which must be one of this Worker: it would be a dead letter.
 * @throws {OutboxError} `invalid_input`
 */
export function refuseUnknownWork(drafts: readonly Draft[], handlers: KnownHandlers): void {
  for (const [position, { eventType, endpointIds }] of drafts.entries()) {
    if (eventType !== WORK_TYPE) continue;
    const path = `messages[${position}]`;
    const [name, ...others] = (endpointIds ?? []).map(handlerOfEndpoint);
    if (name === undefined || others.length > 0) {
      throw invalid(`${path}.eventType`, 'is "work", which is for one handler: commit it with work()');
    }
    if (!handlers.names.has(name)) {
      throw invalid(`${path}.endpointIds`, `there is no handler "${name}": ${registeredNames(handlers)}`);
    }
  }
}
