import type { Database } from "../../db/database.ts";
import type { CreatedPlace, PageQuery } from "../../domain/page.ts";
import { listTokens } from "../../registry/tokens.ts";
import { type Asked, answerPage, createdPlace } from "../page.ts";
import { presentToken } from "./answers.ts";

export function tokensPage(db: Database, tenantId: string, query: Asked<PageQuery<CreatedPlace>>) {
  return answerPage(query, {
    place: createdPlace,
    read: (page) => listTokens(db, tenantId, page),
    present: presentToken,
  });
}
