import { limits } from "../platform/limits.ts";
import { markTokenUsed } from "../registry/tokens.ts";
import type { ApiTools } from "./app.ts";

/** When this isolate last wrote down that a token was used, by its id. */
export type TokenUses = Map<string, number>;

/** Writes down that a token is used, once in some minutes, and beside the request: that neither waits for it nor fails with it. */
export function noteUse(tools: ApiTools, { tenantId, tokenId }: { tenantId: string; tokenId: string }): void {
  const { tokenUses, clock, db } = tools;
  const now = clock.now();
  if ((tokenUses.get(tokenId) ?? Number.NEGATIVE_INFINITY) > now - limits.tokenUse.everyMs) return;
  if (tokenUses.size >= limits.tokenUse.known) tokenUses.clear();
  tokenUses.set(tokenId, now);
  const written = markTokenUsed(db, tenantId, tokenId, now);
  // The next isolate, or this one some minutes later, says it again.
  tools.seeThrough(written).catch(() => tokenUses.delete(tokenId));
}
