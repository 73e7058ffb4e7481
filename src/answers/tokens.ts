import type { Database } from "../db/database.ts";
import type { CreatedCursor, PageRequest } from "../domain/page.ts";
import type { Token } from "../registry/tokens.ts";
import { listTokens } from "../registry/tokens.ts";
import { type Asked, answerPage, createdCursor } from "./page.ts";
import { toIso } from "./to-iso.ts";

export function presentToken({ id, scopes, description, sessionId, ...at }: Token) {
  return {
    id,
    scopes,
    description,
    sessionId,
    createdAt: toIso(at.createdAt),
    expiresAt: toIso(at.expiresAt),
    lastUsedAt: toIso(at.lastUsedAt),
  };
}

export function tokensPage(db: Database, tenantId: string, query: Asked<PageRequest<CreatedCursor>>) {
  return answerPage(query, {
    cursor: createdCursor,
    read: (page) => listTokens(db, tenantId, page),
    present: presentToken,
  });
}
