/// <reference path="../platform/node-crypto.d.ts" />
import { createHash } from "node:crypto";

/** A delivery of a direct e-mail among those of one request. */
export interface BatchMember {
  tenantId: string;
  seq: number;
  /** Number of times that it was sent again after it had been delivered. */
  resends: number;
}

/** A request for several, as it was first sent. */
interface BatchOnRecord {
  /** Instant at which it was made up, in milliseconds. */
  at: number;
  /** Name of the account that it was sent to. */
  account: string;
  /** In the order in which the request has them. */
  members: BatchMember[];
}

/** A request as text, by which it is known: its instant and its account, and a line for each tenant, with its sequence numbers. */
export function batchText({ at, account, members }: BatchOnRecord): string {
  const byTenant = Map.groupBy(members.toSorted(byTenantAndSeq), ({ tenantId }) => tenantId);
  const numbers = (all: readonly BatchMember[]) =>
    all.map(({ seq, resends }) => (resends ? `${seq}/${resends}` : seq)).join(" ");
  return [`${at} ${account}`, ...[...byTenant].map(([tenantId, all]) => `${tenantId} ${numbers(all)}`)].join(
    "\n",
  );
}

export function readBatch(text: string): BatchOnRecord {
  const [head = "", ...lines] = text.split("\n");
  const [at = ""] = head.split(" ", 1);
  const account = head.slice(at.length + 1);
  const members = lines.flatMap((line) => {
    const [tenantId = "", ...numbers] = line.split(" ");
    return numbers.map((number) => {
      const [seq = 0, resends = 0] = number.split("/").map(Number);
      return { tenantId, seq, resends };
    });
  });
  return { at: Number(at), account, members };
}

/** Idempotency key of a request, by which its repetitions are known. */
export function batchKey(text: string): string {
  return `batch/${createHash("sha256").update(text).digest("hex")}`;
}

function byTenantAndSeq(one: BatchMember, other: BatchMember): number {
  if (one.tenantId !== other.tenantId) return one.tenantId < other.tenantId ? -1 : 1;
  return one.seq - other.seq;
}
