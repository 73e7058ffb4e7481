import { limits } from "../../platform/limits.ts";
import { markTokenUsed } from "../../registry/tokens.ts";
import type { ApiTools } from "../context.ts";

/** Writes down that a token is used, once in some minutes, and beside the request: that neither waits for it nor fails with it. */
export function noteUse(tools: ApiTools, { tenantId, tokenId }: { tenantId: string; tokenId: string }): void {
  const { usedAt } = tools.doorMemory;
  const now = tools.clock.now();
  if ((usedAt.get(tokenId) ?? Number.NEGATIVE_INFINITY) > now - limits.tokenUse.everyMs) return;
  if (usedAt.size >= limits.tokenUse.known) usedAt.clear();
  usedAt.set(tokenId, now);
  const written = markTokenUsed(tools.db, tenantId, tokenId, now);
  // The next isolate, or this one some minutes later, says it again.
  tools.seeThrough(written).catch(() => usedAt.delete(tokenId));
}
