import { z } from "zod";
import type { Database } from "../../db/database.ts";
import type { MessagePageRequest } from "../../trace/list-statements.ts";
import { listMessages } from "../../trace/messages.ts";
import { type Asked, answerPage } from "../page.ts";
import { presentListedMessage } from "./answers.ts";

const cursor = z.strictObject({ seq: z.int().min(1) });

export function messagesPage(db: Database, tenantId: string, query: Asked<MessagePageRequest>) {
  return answerPage(query, {
    cursor,
    read: (page) => listMessages(db, tenantId, page),
    present: presentListedMessage,
  });
}
