import type { Random } from "../platform/clock.ts";
import type { Role } from "../platform/roles.ts";
import { newAuditId } from "./ids.ts";

/** Kinds of callers of administrative writes. */
export const CALLERS = ["operator", "token", "app"] as const;

/** Ids of the resources that an administrative write is about, beside its tenant. */
export interface AuditSubject {
  endpoint?: string | undefined;
  message?: string | undefined;
  token?: string | undefined;
  eventType?: string | undefined;
  /** Session of the portal. */
  session?: string | undefined;
  /** Address of an e-mail's recipient. */
  recipient?: string;
  /** Topic of e-mails. */
  topic?: string;
  /** Messages that the request named. */
  messages?: string[];
  /** True if the signing secret of a webhook was rotated or replaced. */
  secretRotated?: true;
}

/** Caller of an administrative write. */
export interface Doer {
  caller: (typeof CALLERS)[number];
  /** Name of an operator, id of a token, or name of a member whom the app has signed in. */
  callerId: string | null;
  role: Role | null;
}

/** Caller and request of an administrative write. */
export interface AuditEntry extends Doer {
  /** Id of the entry, `aud_…`, unique to this request. */
  id: string;
  /** The operation's id in the OpenAPI document. */
  operation: string;
  /** Ids that stand in the request's path. */
  subject: AuditSubject;
  /** The client's IP address; null if unknown. */
  address: string | null;
  requestId: string | null;
}

/** Entry of an app that uses the library, without a name and a request. */
export function entryOfApp(operation: string, random: Random, subject: AuditSubject = {}): AuditEntry {
  const nobody = { callerId: null, role: null, address: null, requestId: null };
  return { id: newAuditId(random), operation, caller: "app", subject, ...nobody };
}
