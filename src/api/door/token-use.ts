import { limits } from "../../platform/limits.ts";
import { markTokenUsed } from "../../registry/tokens.ts";
import type { ApiTools } from "../context.ts";

/**
 * Records the use of a token, once in some minutes, beside the request, which neither waits for the record nor fails
 * with it.
 */
export function noteUse(tools: ApiTools, { tenantId, tokenId }: { tenantId: string; tokenId: string }): void {
  const { usedAt } = tools.doorMemory;
  const now = tools.clock.now();
  if ((usedAt.get(tokenId) ?? Number.NEGATIVE_INFINITY) > now - limits.tokenUse.everyMs) return;
  if (usedAt.size >= limits.tokenUse.known) usedAt.clear();
  usedAt.set(tokenId, now);
  const written = markTokenUsed(tools.db, tenantId, tokenId, now);
  // Another isolate, or this one some minutes later, records it again.
  tools.seeThrough(written).catch(() => usedAt.delete(tokenId));
}
