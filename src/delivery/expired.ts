import { DIRECT_EMAIL_ENDPOINT } from "../domain/ids.ts";
import type { EndpointRow, LeasedRow } from "./rows.ts";

interface Subject {
  row: Pick<LeasedRow, "payload">;
  endpoint: Pick<EndpointRow, "id">;
}

/** Instant from which a direct e-mail is not sent any more. Only a payload with such a field is parsed. */
export function expiryOf({ row: { payload }, endpoint }: Subject): number {
  if (endpoint.id !== DIRECT_EMAIL_ENDPOINT || !payload.includes('"expiresAt"'))
    return Number.POSITIVE_INFINITY;
  const at = Date.parse(JSON.parse(payload)?.expiresAt);
  return Number.isNaN(at) ? Number.POSITIVE_INFINITY : at;
}

export function isExpired(subject: Subject, now: number): boolean {
  return now >= expiryOf(subject);
}
