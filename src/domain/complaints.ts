import { limits } from "../platform/limits.ts";

/**
 * Levels of complaints about a tenant's e-mails within seven days. Gmail asks bulk senders for less than 0.1 %, and never 0.3 %
 * (https://support.google.com/mail/answer/81126, in force since 1 February 2024); Yahoo for less than 0.3 %
 * (https://senders.yahooinc.com/best-practices/).
 */
export const COMPLAINT_LEVELS = ["warning", "grave"] as const;
export type ComplaintLevel = (typeof COMPLAINT_LEVELS)[number];

/** Level of complaints; null where there are too few, or too few for the e-mails that were accepted. */
export function complaintLevel(accepted: number, complained: number): ComplaintLevel | null {
  const { from, shares } = limits.warnings.complaints;
  if (complained < from || accepted === 0) return null;
  return COMPLAINT_LEVELS.findLast((level) => complained / accepted >= shares[level]) ?? null;
}
