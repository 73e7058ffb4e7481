import type { AnyOwnChannel, Carrier } from "./channels/handler/handler.ts";
import { eventTypeName, isDirect } from "./domain/event-type.ts";
import { type CheckContent, handlerName, type KnownHandlers } from "./domain/handlers.ts";
import { isSystemEvent } from "./domain/system-events.ts";
import { checked } from "./platform/check.ts";
import { ConfigError, OutboxError } from "./platform/errors.ts";

/** Functions and channels of a Worker that deliveries call. */
export interface Registered {
  known: KnownHandlers;
  byName: ReadonlyMap<string, Carrier>;
}

/**
 * The handlers, subscribers and channels of a Worker, checked.
 * @throws {ConfigError} naming the invalid one
 */
export function registerHandlers(
  handlers: Readonly<Record<string, unknown>> = {},
  subscribers: Readonly<Record<string, { on: unknown; handle: unknown }>> = {},
  channels: Readonly<Record<string, unknown>> = {},
): Registered {
  const byName = new Map<string, Carrier>();
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
  const known = { names: new Set(byName.keys()), subscribedTo };
  const contents = new Map<string, CheckContent>();
  for (const [name, channel] of Object.entries(channels)) {
    register(byName, "channels", name, channel);
    contents.set(name, (channel as AnyOwnChannel).check);
  }
  const forWork = new Set([...Object.keys(handlers), ...contents.keys()]);
  return { byName, known: { ...known, forWork, ...(contents.size > 0 && { contents }) } };
}

function register(byName: Map<string, Carrier>, where: string, name: string, given: unknown): void {
  orConfigError(() => checked(handlerName, name, `${where}.${name}`));
  const isChannel = where === "channels";
  const run = isChannel ? (given as Partial<AnyOwnChannel> | null)?.deliver : given;
  if (typeof run !== "function") {
    const kind = isChannel ? "made by channel(…)" : "a function";
    throw new ConfigError(`createOutbox: ${where}.${name} must be ${kind}.`);
  }
  if (byName.has(name)) {
    throw new ConfigError(
      `createOutbox: "${name}" names more than one handler, subscriber or channel. Rename one of them.`,
    );
  }
  byName.set(name, given as Carrier);
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
