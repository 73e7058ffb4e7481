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
 * Asked for with each operation: a setting that is wrong fails the one that needs it. `operation`: what the audit calls a
 * write, by its id in the OpenAPI document; `subject`: the ids that it names.
 */
export type Ask = (operation?: string, subject?: AuditSubject) => LibraryTools;
