import { joinPath } from "../platform/check.ts";
import type { FieldError } from "../platform/errors.ts";
import type { Draft } from "./message.ts";

/** Messages whose files are fixed, and the files that cannot be sent. */
export interface Frozen {
  drafts: readonly Draft[];
  misfits: FieldError[];
}

/** Fixes what files a commit sends. `prefix`: the beginning of the keys that the caller may name. */
export type FreezeFiles = (drafts: readonly Draft[], prefix: string) => Promise<Frozen>;

const REFUSAL =
  "is a file in R2, which this Worker was built without; give createOutbox the option attachments, from edge-outbox/attachments, or give content";

/** Refuses all files in R2, and lets an outbox without them be small. */
export const noFiles: FreezeFiles = async (drafts) => ({
  drafts,
  misfits: drafts.flatMap(({ files = [] }) =>
    files.map(({ path }) => ({ path: joinPath(path, ["r2"]), message: REFUSAL })),
  ),
});
