import type { Database } from "../../db/database.ts";
import type { CreatedCursor, PageRequest } from "../../domain/page.ts";
import { listTokens } from "../../registry/tokens.ts";
import { type Asked, answerPage, createdCursor } from "../page.ts";
import { presentToken } from "./answers.ts";

export function tokensPage(db: Database, tenantId: string, query: Asked<PageRequest<CreatedCursor>>) {
  return answerPage(query, {
    cursor: createdCursor,
    read: (page) => listTokens(db, tenantId, page),
    present: presentToken,
  });
}
