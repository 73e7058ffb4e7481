import { DIRECT_EMAIL_TYPE } from "../domain/event-type.ts";
import { emailPlace, SEALED_TEXT } from "../domain/sensitive-email.ts";
import { joinPath } from "../platform/check.ts";
import { invalid } from "../platform/errors.ts";
import { isSealed, type Place, type Vault } from "../platform/vault.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { Draft } from "./message.ts";
import { type Fingerprint, refuseSensitive, type Sealing } from "./no-sealing.ts";

/** Seals by the vault of the settings, which only a sensitive e-mail reads. */
export function sealingBy(vaultOf: () => Vault): Sealing {
  return {
    seal: (tenantId, drafts) =>
      Promise.all(drafts.map((draft) => (draft.sensitive ? sealEmail(vaultOf(), tenantId, draft) : draft))),
    fingerprint: async (tenantId, drafts, fingerprint) =>
      fingerprint !== "" && drafts.some(({ sensitive }) => sensitive)
        ? sealFingerprint(vaultOf(), tenantId, fingerprint, fingerprintOf(drafts.map(asShown)))
        : { fingerprint },
  };
}

const asShown = (draft: Draft): Draft =>
  draft.sensitive ? { ...draft, payload: JSON.stringify(shown(JSON.parse(draft.payload))) } : draft;

/** Fields of text that are sealed. */
const TEXTS = ["subject", "text", "html"];

/** The e-mail as it will be sent is sealed whole, so that each attempt opens these very bytes. */
async function sealEmail(vault: Vault, tenantId: string, draft: Draft): Promise<Draft> {
  const { eventType, endpointIds, nonce, payload } = draft;
  if (eventType !== DIRECT_EMAIL_TYPE || endpointIds?.length !== 1)
    throw refuseSensitive(
      draft,
      "is for an e-mail that goes nowhere else; commit it with email() or POST …/emails",
    );
  if (vault.keyId === undefined)
    throw refuseSensitive(
      draft,
      "needs the setting SECRET_KEYS, which seals it; docs/operate/secrets.md shows how to make a key",
    );
  const email = JSON.parse(payload);
  const text = TEXTS.find((name) => email[name] === SEALED_TEXT);
  const header = Object.keys(email.headers ?? {}).find((name) => email.headers[name] === SEALED_TEXT);
  const unread = text ? [text] : header && ["headers", header];
  if (unread)
    throw invalid(
      joinPath(draft.payloadPath, unread),
      "stands for content that nobody can read; give the content",
    );
  const sealed = await vault.seal(payload, emailPlace(tenantId, nonce));
  return { ...draft, payload: JSON.stringify(shown(email)), sealed: { text: sealed, by: vault.keyId } };
}

interface Content {
  headers?: Record<string, string> | null;
  attachments?: { content?: string | null }[] | null;
  [field: string]: unknown;
}

/** An e-mail as everybody may see it, in the form of an e-mail. */
function shown(email: Content): Content {
  const { headers, attachments } = email;
  const hidden = TEXTS.filter((name) => email[name] != null);
  return {
    ...email,
    ...Object.fromEntries(hidden.map((name) => [name, SEALED_TEXT])),
    ...(headers && { headers: Object.fromEntries(Object.keys(headers).map((name) => [name, SEALED_TEXT])) }),
    ...(attachments && { attachments: attachments.map(shownFile) }),
  };
}

function shownFile<File extends { content?: string | null }>(file: File): File {
  return file.content == null ? file : { ...file, content: SEALED_TEXT };
}

/**
 * Seals the fingerprint of a commit, of which a code of six digits could be found by trying, beside that of what everybody may
 * see. One whose key is gone counts as equal where that is equal: nobody can tell, and the answer of the first commit sends
 * nothing twice.
 */
async function sealFingerprint(
  vault: Vault,
  tenantId: string,
  fingerprint: string,
  open: string,
): Promise<Fingerprint> {
  const place: Place = ["fingerprint", tenantId];
  return {
    fingerprint: vault.keyId === undefined ? fingerprint : `${open} ${await vault.seal(fingerprint, place)}`,
    async equals(stored) {
      const [first, sealed = ""] = stored.split(" ");
      if (first !== open || !isSealed(sealed)) return false;
      return vault.open(sealed, place).then(
        (opened) => opened === fingerprint,
        () => true,
      );
    },
  };
}
