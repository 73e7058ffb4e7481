/** The entry `edge-outbox/sensitive-emails`: e-mails whose content is sealed, and wiped. A Worker carries it if it imports it. */
import type { Sealing } from "./outbox/no-sealing.ts";
import { sealingBy } from "./outbox/seal-emails.ts";
import type { Vault } from "./platform/vault.ts";
import { type ResealEmails, resealEmails } from "./upkeep/reseal-emails.ts";

/** Means to keep the content of e-mails sealed. */
export interface SensitiveEmails {
  /** @param vaultOf vault of the settings, read when it is needed */
  of(vaultOf: () => Vault): SensitiveEmailsIn;
}

/** Means to keep the content of e-mails sealed, by the settings of one Worker. */
export interface SensitiveEmailsIn extends Sealing {
  resealEmails: ResealEmails;
}

/**
 * Takes e-mails with `sensitive: true`, whose content is sealed with `SECRET_KEYS` until their delivery is settled, and then wiped.
 * For the option `sensitiveEmails` of `createOutbox`.
 *
 * @example
 * createOutbox({ sensitiveEmails });
 */
export const sensitiveEmails: SensitiveEmails = {
  of: (vaultOf) => ({ ...sealingBy(vaultOf), resealEmails }),
};
