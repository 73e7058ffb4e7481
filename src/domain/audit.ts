import type { Random } from "../platform/clock.ts";
import type { Role } from "../platform/roles.ts";
import { newAuditId } from "./ids.ts";

/** Kinds of those who make administrative writes. */
export const CALLERS = ["operator", "token", "app"] as const;

/** What an administrative write concerns, by ids, beside its tenant. */
export interface AuditSubject {
  endpoint?: string | undefined;
  message?: string | undefined;
  token?: string | undefined;
  eventType?: string | undefined;
  /** Messages that the request has named. */
  messages?: string[];
  /** A webhook's signing secret was made anew, or replaced. */
  secretRotated?: true;
}

/** Who makes an administrative write, and by which request. */
export interface AuditEntry {
  /** `aud_…`, of this request alone. */
  id: string;
  /** The operation's id in the OpenAPI document. */
  operation: string;
  caller: (typeof CALLERS)[number];
  /** Name of an operator or id of a token. */
  callerId: string | null;
  role: Role | null;
  /** Ids that stand in the request's path. */
  subject: AuditSubject;
  /** The client's IP address; null where it is not known. */
  address: string | null;
  requestId: string | null;
}

/** Entry of an app that uses the library: it has no name, and no request. */
export function entryOfApp(operation: string, random: Random, subject: AuditSubject = {}): AuditEntry {
  const nobody = { callerId: null, role: null, address: null, requestId: null };
  return { id: newAuditId(random), operation, caller: "app", subject, ...nobody };
}
