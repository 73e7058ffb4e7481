import type { Run } from "./channels/handler/handler.ts";
import { eventTypeName, isDirect } from "./domain/event-type.ts";
import { handlerName, type KnownHandlers } from "./domain/handlers.ts";
import { isSystemEvent } from "./domain/system-events.ts";
import { checked } from "./platform/check.ts";
import { ConfigError, OutboxError } from "./platform/errors.ts";

/** Functions of a Worker that deliveries call. */
export interface Registered {
  known: KnownHandlers;
  byName: ReadonlyMap<string, Run>;
}

/**
 * The handlers and subscribers of a Worker, checked.
 * @throws {ConfigError} naming the invalid one
 */
export function registerHandlers(
  handlers: Readonly<Record<string, unknown>> = {},
  subscribers: Readonly<Record<string, { on: unknown; handle: unknown }>> = {},
): Registered {
  const byName = new Map<string, Run>();
  for (const [name, run] of Object.entries(handlers)) register(byName, "handlers", name, run);
  const names = new Map<string, string[]>();
  for (const [name, { on, handle }] of Object.entries(subscribers)) {
    register(byName, "subscribers", name, handle);
    for (const eventType of new Set(eventTypesOf(name, on))) {
      refuseEventType(name, eventType);
      names.set(eventType, [...(names.get(eventType) ?? []), name]);
    }
  }
  const subscribedTo = (eventType: string) => names.get(eventType) ?? [];
  const forWork = new Set(Object.keys(handlers));
  return { byName, known: { names: new Set(byName.keys()), forWork, subscribedTo } };
}

function register(byName: Map<string, Run>, where: string, name: string, run: unknown): void {
  orConfigError(() => checked(handlerName, name, `${where}.${name}`));
  if (typeof run !== "function") throw new ConfigError(`createOutbox: ${where}.${name} must be a function.`);
  if (byName.has(name)) {
    throw new ConfigError(
      `createOutbox: "${name}" names both a handler and a subscriber. Rename one of them.`,
    );
  }
  byName.set(name, run as Run);
}

/** A subscriber without event types would silently never be called. */
function eventTypesOf(name: string, on: unknown): readonly string[] {
  if (Array.isArray(on) && on.length > 0) return on;
  throw new ConfigError(`createOutbox: subscribers.${name}.on must be a list of at least one event type.`);
}

function refuseEventType(name: string, eventType: string): void {
  orConfigError(() => checked(eventTypeName, eventType, `subscribers.${name}.on`));
  if (isSystemEvent(eventType) || isDirect(eventType)) {
    throw new ConfigError(
      `createOutbox: subscribers.${name}.on names ${eventType}, which the app does not send. An endpoint with ` +
        `{ channel: "handler", handler: "${name}" } can subscribe to system events.`,
    );
  }
}

function orConfigError(check: () => void): void {
  try {
    check();
  } catch (error) {
    throw error instanceof OutboxError ? new ConfigError(`createOutbox: ${error.message}.`) : error;
  }
}
