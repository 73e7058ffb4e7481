import * as z from "zod";
import { limits } from "../platform/limits.ts";
import { DIRECT_EMAIL_ENDPOINT } from "./ids.ts";

/** Prefix of the id of a handler's endpoint. Each tenant has one for each handler. */
const HANDLER_ENDPOINT_PREFIX = "ep_handler_";

/** Name of a handler: words of letters, digits, `_` and `-` joined by dots, as `charge-card`. */
export const handlerName = z
  .string()
  .max(limits.handlerNameLength)
  .regex(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, {
    error: 'must be words of letters, digits, "_" and "-" joined by dots, as "charge-card"',
  });

/** Answers a content as its channel takes it. Refuses a misfit, naming its fields under `path`. */
export type CheckContent = (content: unknown, path: string) => Promise<unknown>;

/** The handlers of a Worker, and its own channels, which are handlers to all but their senders. */
export interface KnownHandlers {
  /** Handlers and subscribers, which an endpoint may call for events. */
  names: ReadonlySet<string>;
  /** Handlers and channels, which take work. */
  forWork: ReadonlySet<string>;
  /** Checks of the contents of channels. Undefined: there are none. */
  contents?: ReadonlyMap<string, CheckContent>;
  subscribedTo(eventType: string): readonly string[];
}

export const NO_HANDLERS: KnownHandlers = { names: new Set(), forWork: new Set(), subscribedTo: () => [] };

/** The endpoint of a handler, in each tenant. */
export function handlerEndpointId<Name extends string>(name: Name): `ep_handler_${Name}` {
  return `${HANDLER_ENDPOINT_PREFIX}${name}`;
}

/** The name of the handler whose endpoint this is; undefined for any other. */
export function handlerOfEndpoint(endpointId: string): string | undefined {
  if (!endpointId.startsWith(HANDLER_ENDPOINT_PREFIX)) return undefined;
  return endpointId.slice(HANDLER_ENDPOINT_PREFIX.length);
}

/** True if the outbox itself made the endpoint, for direct e-mails or for a handler. */
export function isBuiltIn(endpointId: string): boolean {
  return endpointId === DIRECT_EMAIL_ENDPOINT || handlerOfEndpoint(endpointId) !== undefined;
}

/** SQL: `id` does not belong to a built-in endpoint. */
export const NOT_BUILT_IN = `id <> '${DIRECT_EMAIL_ENDPOINT}' AND substr(id, 1, ${HANDLER_ENDPOINT_PREFIX.length}) <> '${HANDLER_ENDPOINT_PREFIX}'`;

/** List of the registered handlers, for an error about a missing one. */
export function registeredNames(names: ReadonlySet<string>): string {
  return names.size === 0 ? "this Worker has none" : `registered are ${[...names].toSorted().join(", ")}`;
}
