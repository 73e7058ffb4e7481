import type { Database } from "../db/database.ts";
import {
  unsubscribeInput as cursor,
  listUnsubscribes,
  type Unsubscribe,
  type UnsubscribePageRequest,
} from "../registry/unsubscribes.ts";
import { type Asked, answerPage } from "./page.ts";
import { toIso } from "./to-iso.ts";

export function presentUnsubscribe({ address, topic, source, createdAt }: Unsubscribe) {
  return { address, topic, source, createdAt: toIso(createdAt) };
}

export function unsubscribesPage(
  { db }: { db: Database },
  tenantId: string,
  query: Asked<UnsubscribePageRequest>,
) {
  return answerPage(query, {
    cursor,
    read: (page) => listUnsubscribes(db, tenantId, page),
    present: presentUnsubscribe,
  });
}
