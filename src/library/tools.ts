import * as z from "zod";
import type { AuditSubject } from "../domain/audit.ts";
import type { CommitTools } from "../outbox/commit.ts";
import { checked } from "../platform/check.ts";
import type { KeyRing } from "../platform/key-ring.ts";
import type { PortalSettings } from "../platform/portal-settings.ts";
import type { SeeThrough } from "../platform/see-through.ts";
import type { EndpointTools } from "../registry/endpoints.ts";
import type { EventTypeTools } from "../registry/event-types.ts";

/** Tools that the library's operations hand on to the rooms. */
export type LibraryTools = CommitTools &
  EndpointTools &
  EventTypeTools & {
    keyRing: KeyRing | undefined;
    portal: PortalSettings;
    /** Seconds to wait before each retry, for endpoints without a schedule of their own. */
    retrySchedule: readonly number[];
    /** Goes on with a write when the client of the request hangs up. */
    seeThrough: SeeThrough;
  };

/** Ids among an operation's arguments, by name. */
export interface Ids {
  tenantId?: string;
  endpointId?: string;
  messageId?: string;
  tokenId?: string;
  /** Session of the portal. */
  sessionId?: string;
  /** Name of an event type. */
  name?: string;
}

/**
 * Tools of one operation, made with each call: a bad setting fails only the operations that need it.
 * @param write the `operationId` of an administrative write, as the audit has it
 * @throws {OutboxError} `invalid_input`, naming the malformed id
 */
export type Ask = (ids: Ids, write?: string) => LibraryTools;

const id = z.string();

/**
 * Subject of a write beside its tenant, for the audit.
 * @throws {OutboxError} `invalid_input`, naming the malformed id
 */
export function subjectOf(ids: Ids): AuditSubject {
  for (const [name, value] of Object.entries(ids)) checked(id, value, name);
  const { endpointId: endpoint, messageId: message, tokenId: token, sessionId: session } = ids;
  return { endpoint, message, token, session, eventType: ids.name };
}
