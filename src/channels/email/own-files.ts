import type { EmailAttachment } from "../../domain/email-attachments.ts";
import { ATTACHMENT_UNAVAILABLE, type Reply, temporary } from "../channel.ts";
import type { EmailFile } from "./provider.ts";

export interface Attempt {
  /** Its beginning. */
  now: number;
  signal: AbortSignal;
}

/** Sends an e-mail with its files. */
export type WithFiles = (
  attachments: readonly EmailAttachment[],
  attempt: Attempt,
  send: (files: EmailFile[]) => Promise<Reply>,
) => Promise<Reply>;

const NO_R2 = "This Worker was built without files in R2: give createOutbox the option attachments";

/** Sends e-mails that have all of their files in themselves. */
export const withOwnFiles: WithFiles = async (attachments, _, send) => {
  const files = attachments.flatMap(({ r2, sha256, content, ...file }) =>
    content === undefined ? [] : { ...file, content },
  );
  return files.length === attachments.length
    ? send(files)
    : temporary(ATTACHMENT_UNAVAILABLE, { excerpt: NO_R2, unsent: true });
};
