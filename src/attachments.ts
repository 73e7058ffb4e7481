/** The entry `edge-outbox/attachments`: files of e-mails that R2 keeps. A Worker carries it if it imports it. */
import { withFilesOf } from "./channels/email/files.ts";
import type { WithFiles } from "./channels/email/own-files.ts";
import { freezeFilesOf } from "./outbox/freeze-files.ts";
import type { FreezeFiles } from "./outbox/no-files.ts";
import type { FileBucket } from "./platform/file-bucket.ts";

/** Means to send files that R2 keeps. */
export interface Attachments {
  /** @param bucket undefined: the Worker has not bound it, and such files are refused */
  of(bucket: FileBucket | undefined): AttachmentsIn;
}

/** Means to send the files of one bucket. */
export interface AttachmentsIn {
  freezeFiles: FreezeFiles;
  withFiles: WithFiles;
}

/**
 * Takes e-mails with files in the R2 bucket `EMAIL_ATTACHMENTS`. For the option `attachments` of `createOutbox`.
 *
 * @example
 * createOutbox({ attachments });
 */
export const attachments: Attachments = {
  of: (bucket) => ({ freezeFiles: freezeFilesOf(bucket), withFiles: withFilesOf(bucket) }),
};
