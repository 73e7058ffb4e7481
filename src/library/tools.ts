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

/** Asked for with each operation: a setting that is wrong fails the one that needs it. */
export type Ask = () => LibraryTools;
