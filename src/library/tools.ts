import { z } from "zod";
import type { AuditSubject } from "../domain/audit.ts";
import type { CommitTools } from "../outbox/commit.ts";
import { checked } from "../platform/check.ts";
import type { KeyRing } from "../platform/key-ring.ts";
import type { SeeThrough } from "../platform/see-through.ts";
import type { EndpointTools } from "../registry/endpoints.ts";

/** What the library's operations hand on to the rooms. */
export type LibraryTools = CommitTools &
  EndpointTools & {
    keyRing: KeyRing | undefined;
    /** Goes on with a write when the client of the request hangs up. */
    seeThrough: SeeThrough;
  };

/** Ids that an operation is told, by the names of its arguments. */
export interface Ids {
  tenantId?: string;
  endpointId?: string;
  messageId?: string;
  tokenId?: string;
  /** Of an event type. */
  name?: string;
}

/**
 * Asked for with each operation: a setting that is wrong fails the one that needs it.
 * @param write the `operationId` of an administrative write, as the audit has it
 * @throws {OutboxError} `invalid_input`, naming the id that is none
 */
export type Ask = (ids: Ids, write?: string) => LibraryTools;

const id = z.string();

/**
 * What a write concerns beside its tenant, as the audit has it.
 * @throws {OutboxError} `invalid_input`, naming the id that is none
 */
export function subjectOf(ids: Ids): AuditSubject {
  for (const [name, value] of Object.entries(ids)) checked(id, value, name);
  const { endpointId: endpoint, messageId: message, tokenId: token, name: eventType } = ids;
  return { endpoint, message, token, eventType };
}
