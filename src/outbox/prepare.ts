import { type KnownHandlers, NO_HANDLERS } from "../domain/handlers.ts";
import { OutboxError } from "../platform/errors.ts";
import { checkContents } from "./check-work.ts";
import { type Fixing, fixed } from "./fix-emails.ts";
import type { Draft } from "./message.ts";
import { type FreezeFiles, noFiles } from "./no-files.ts";
import { NO_SEALING, type Sealing } from "./no-sealing.ts";

/** Means to prepare messages for their commit. */
export interface Preparing extends Fixing {
  /** Handlers of this Worker. Defaults to none. */
  handlers?: KnownHandlers;
  /** Fixes files in R2 that go with e-mails. Defaults to refusing them. */
  freezeFiles?: FreezeFiles | undefined;
  /** Seals sensitive e-mails. Defaults to refusing them. */
  sealing?: Sealing | undefined;
}

/**
 * Messages as they are written: with the contents that their channels make of them, the digests of their files, their senders and
 * their links; a sensitive e-mail with its content sealed.
 * @param prefix beginning of the keys of files that the caller may name
 * @throws {OutboxError} `invalid_input`, `payload_too_large`; `storage_unavailable` if the bucket does not answer
 */
export async function prepared(
  tools: Preparing,
  tenantId: string,
  drafts: readonly Draft[],
  prefix: string,
): Promise<readonly Draft[]> {
  const fitting = await checkContents(drafts, tools.handlers ?? NO_HANDLERS);
  const frozen = await (tools.freezeFiles ?? noFiles)(fitting, prefix);
  if (frozen.misfits.length > 0) throw new OutboxError({ code: "invalid_input", fields: frozen.misfits });
  const whole = await fixed(tools, tenantId, frozen.drafts);
  return (tools.sealing ?? NO_SEALING).seal(tenantId, whole);
}
