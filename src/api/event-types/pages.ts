import type { Database } from "../../db/database.ts";
import { type EventTypePageRequest, listEventTypes } from "../../registry/list-event-types.ts";
import { type Asked, answerPage, createdCursor } from "../page.ts";
import { presentEventType } from "./answers.ts";

export function eventTypesPage(db: Database, tenantId: string, query: Asked<EventTypePageRequest>) {
  return answerPage(query, {
    cursor: createdCursor,
    read: (page) => listEventTypes(db, tenantId, page),
    present: presentEventType,
  });
}
