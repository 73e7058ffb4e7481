import type { Database } from "../db/database.ts";
import { parseExact } from "../platform/exact-json.ts";
import type { EventType } from "../registry/event-types.ts";
import { type EventTypePageRequest, listEventTypes } from "../registry/list-event-types.ts";
import { type Asked, answerPage, createdCursor } from "./page.ts";
import { toIso } from "./to-iso.ts";

export function presentEventType(eventType: EventType) {
  return {
    name: eventType.name,
    description: eventType.description,
    schema: eventType.schema === null ? null : parseExact(eventType.schema),
    archivedAt: toIso(eventType.archivedAt),
    createdAt: toIso(eventType.createdAt),
    updatedAt: toIso(eventType.updatedAt),
  };
}

export function eventTypesPage(db: Database, tenantId: string, query: Asked<EventTypePageRequest>) {
  return answerPage(query, {
    cursor: createdCursor,
    read: (page) => listEventTypes(db, tenantId, page),
    present: presentEventType,
  });
}
