import type { AuditSubject } from "../domain/audit.ts";
import type { CommitTools } from "../outbox/commit.ts";
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

/**
 * Asked for with each operation: a setting that is wrong fails the one that needs it.
 * @param write the `operationId` of an administrative write, as the audit has it
 * @param subject ids that the write is told
 */
export type Ask = (write?: string, subject?: AuditSubject) => LibraryTools;
