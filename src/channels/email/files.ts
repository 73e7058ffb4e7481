/// <reference path="../../platform/node-crypto.d.ts" />
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { EmailAttachment } from "../../domain/email-attachments.ts";
import type { FileBucket } from "../../platform/file-bucket.ts";
import { limits } from "../../platform/limits.ts";
import { describeError } from "../../platform/log.ts";
import {
  ATTACHMENT_UNAVAILABLE,
  isPlatformLimit,
  PLATFORM_LIMIT,
  permanent,
  type Refusal,
  type Reply,
  temporary,
} from "../channel.ts";
import { untilAborted } from "../until-aborted.ts";
import type { Attempt, WithFiles } from "./own-files.ts";
import type { EmailFile } from "./provider.ts";

/** Error class of an e-mail whose file is gone from its bucket, or is another by now. */
const CHANGED = "attachment_changed";

const IS_ANOTHER = " in EMAIL_ATTACHMENTS is another file than was committed";

/** Files from a bucket that an attempt holds in memory. One that was killed holds them until an instant. */
interface Hold {
  bytes: number;
  until: number;
}
/** Holds of this isolate, whose memory all of its attempts share. */
const holds = new Set<Hold>();

interface Sending extends Attempt {
  bucket: FileBucket | undefined;
}

/** Sends e-mails with their files, of which a bucket keeps some; answers a refusal if one is not what was committed. */
export const withFilesOf =
  (bucket: FileBucket | undefined): WithFiles =>
  (attachments, attempt, send) =>
    withFiles(attachments, { bucket, ...attempt }, send);

async function withFiles(
  attachments: readonly EmailAttachment[],
  { bucket, now, signal }: Sending,
  send: (files: EmailFile[]) => Promise<Reply>,
): Promise<Reply> {
  const hold = { bytes: 0, until: now + limits.emailFilesHoldMs };
  holds.add(hold);
  try {
    const files: EmailFile[] = [];
    for (const { content, r2 = "", sha256, ...file } of attachments) {
      const read = content ?? (await readFile({ r2, sha256 }, { bucket, now, signal, hold }));
      if (typeof read !== "string") return read;
      files.push({ ...file, content: read });
    }
    return await send(files);
  } finally {
    holds.delete(hold);
  }
}

/** A bucket that does not answer, or is not bound, passes. */
async function readFile(
  { r2: key, sha256 }: { r2: string; sha256: string | undefined },
  { bucket, now, signal, hold }: Sending & { hold: Hold },
): Promise<string | Refusal> {
  if (!bucket) return unavailable("The binding EMAIL_ATTACHMENTS is missing");
  try {
    const found = await untilAborted(signal, () => bucket.get(key));
    if (!found) return changed(`EMAIL_ATTACHMENTS has no file ${key} any more`);
    const isOther = found.size > limits.emailFilesBytes;
    if (isOther || !hasRoom(found.size, now)) {
      await found.body.cancel();
      if (isOther) return changed(`${key}${IS_ANOTHER}`);
      return unavailable("The files of other e-mails fill the memory", { spares: true });
    }
    hold.bytes += found.size;
    const bytes = Buffer.from(await untilAborted(signal, () => found.arrayBuffer()));
    if (createHash("sha256").update(bytes).digest("hex") !== sha256) return changed(`${key}${IS_ANOTHER}`);
    return bytes.toString("base64");
  } catch (error) {
    return unavailable(describeError(error), { error: isPlatformLimit(error) ? PLATFORM_LIMIT : undefined });
  }
}

interface More {
  error?: string | undefined;
  /** It uses up no attempt. */
  spares?: true;
}

/** In all of its forms on the way a file takes several times its size. */
function hasRoom(bytes: number, now: number): boolean {
  for (const hold of holds) if (hold.until <= now) holds.delete(hold);
  const held = [...holds].reduce((sum, hold) => sum + hold.bytes, 0);
  return held + bytes <= limits.emailFilesAtOnceBytes;
}

const changed = (words: string) => permanent(CHANGED, words.slice(0, limits.errorLength));

function unavailable(words: string, { error = ATTACHMENT_UNAVAILABLE, ...more }: More = {}): Refusal {
  return temporary(error, { excerpt: words.slice(0, limits.errorLength), unsent: true, ...more });
}
