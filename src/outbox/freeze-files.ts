/// <reference path="../platform/node-crypto.d.ts" />
import { Buffer } from "node:buffer";
import { joinPath } from "../platform/check.ts";
import { type FieldError, OutboxError } from "../platform/errors.ts";
import type { FileBucket } from "../platform/file-bucket.ts";
import { limits } from "../platform/limits.ts";
import type { Draft, DraftFile } from "./message.ts";
import type { FreezeFiles, Frozen } from "./no-files.ts";

interface Freezing {
  /** Undefined: the Worker has none. */
  bucket: FileBucket | undefined;
  prefix: string;
}

/** A file as it is now; or the reason why it cannot be sent. */
type Found = { size: number; sha256: string } | string;

/**
 * Writes into e-mails the digest of each file that the bucket keeps, so that every attempt sends what was committed. Answers the
 * files that cannot be sent, too. It is no part of what an idempotency key stands for.
 * @throws {OutboxError} `storage_unavailable` where the bucket does not answer
 */
export const freezeFilesOf =
  (bucket: FileBucket | undefined): FreezeFiles =>
  (drafts, prefix) =>
    freezeFiles(drafts, { bucket, prefix });

async function freezeFiles(drafts: readonly Draft[], freezing: Freezing): Promise<Frozen> {
  const named = drafts.flatMap(({ files = [] }) => files);
  if (named.length === 0) return { drafts: [...drafts], misfits: [] };
  const keys = [...new Set(named.map(({ r2 }) => r2))];
  const found = new Map<string, Found>();
  for (const key of keys.slice(0, limits.emailFilesPerCommit)) found.set(key, await find(key, freezing));
  // E-mails that come of one share theirs, and are told of once.
  const misfits = [...new Set(drafts.map(({ files = [] }) => files))].flatMap((files) =>
    misfitsOf(files, found),
  );
  return { drafts: misfits.length > 0 ? [...drafts] : drafts.map((one) => frozen(one, found)), misfits };
}

async function find(key: string, { bucket, prefix }: Freezing): Promise<Found> {
  if (!bucket)
    return "needs the R2 bucket EMAIL_ATTACHMENTS, which this Worker has not bound; bind it, or give content";
  if (!key.startsWith(prefix))
    return `must begin with ${prefix}, as a tenant's token names its own files alone`;
  try {
    const file = await bucket.get(key);
    if (!file) return "is no key in EMAIL_ATTACHMENTS; put the file there before the commit";
    const { size, body } = file;
    if (size === 0 || size > limits.emailFilesBytes) {
      await body.cancel();
      return size === 0 ? "is an empty file; leave it out" : tooLarge(size);
    }
    const digest = new crypto.DigestStream("SHA-256");
    await body.pipeTo(digest);
    return { size, sha256: Buffer.from(await digest.digest).toString("hex") };
  } catch (error) {
    throw new OutboxError({ code: "storage_unavailable" }, { cause: error });
  }
}

/** Refusals of the files of an e-mail. */
function misfitsOf(files: readonly DraftFile[], all: ReadonlyMap<string, Found>): FieldError[] {
  let left = limits.emailFilesBytes;
  return files.flatMap(({ path, r2, sha256 }) => {
    const at = (field: string, message: string) => [{ path: joinPath(path, [field]), message }];
    const found = all.get(r2);
    if (found === undefined)
      return at(
        "r2",
        `is beyond ${limits.emailFilesPerCommit} files in R2, the limit of a commit; commit in parts`,
      );
    if (typeof found === "string") return at("r2", found);
    left -= found.size;
    if (left < 0) return at("r2", tooLarge(limits.emailFilesBytes - left));
    if (sha256 !== undefined && sha256 !== found.sha256)
      return at("sha256", `is not that of the file, which is ${found.sha256}`);
    return [];
  });
}

const tooLarge = (bytes: number) =>
  `makes ${bytes} bytes of files in R2, and ${limits.emailFilesBytes} is the limit of an e-mail; send a link instead`;

function frozen(draft: Draft, all: ReadonlyMap<string, Found>): Draft {
  if (!draft.files) return draft;
  const email = JSON.parse(draft.payload);
  for (const { place, r2 } of draft.files) {
    const found = all.get(r2);
    if (typeof found === "object") email.attachments[place].sha256 = found.sha256;
  }
  return { ...draft, payload: JSON.stringify(email) };
}
