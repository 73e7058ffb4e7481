import type { Doer } from "../domain/audit.ts";
import { OutboxError } from "../platform/errors.ts";
import { readClaims } from "../platform/read-claims.ts";
import type { PortalLinkInput } from "./portal-link-input.ts";
import type { LinkClaims } from "./portal-links.ts";
import { insertRequestKey, isKeyTaken, lacksTenant } from "./request-keys.ts";
import { readTenant } from "./tenants.ts";
import { issueToken, type Token, type TokenTools } from "./tokens.ts";

/** A session of the portal: its token, and the looks and ways that its link asked for. */
interface PortalSession {
  token: Token & { token: string };
  tenant: { id: string; name: string | null };
  link: PortalLinkInput;
}

/**
 * Issues the token of a link, once: a row of the code's name is the first statement of the batch, and outlives a token
 * that is revoked. Undefined: the code is none that was signed here.
 * @param auditBy makes the audit entry, in the name of the link's maker
 * @throws {OutboxError} `link_used`, `link_expired`, `tenant_not_found`, `secret_keys_missing`
 */
export async function openPortalLink(
  tools: TokenTools,
  code: string,
  auditBy: (maker: Doer) => TokenTools["audit"],
): Promise<PortalSession | undefined> {
  const { keyRing, clock } = tools;
  if (!keyRing) throw new OutboxError({ code: "secret_keys_missing" });
  // As of the beginning of time, when nothing has expired: an expired link is told apart from a forged one.
  const claims = (await readClaims({ keyRing, purpose: "portal" }, code, 0)) as LinkClaims | undefined;
  if (!claims) return undefined;
  const { sub: tenantId, jti, exp, link, by } = claims;
  const now = clock.now();
  if (exp * 1000 <= now) throw new OutboxError({ code: "link_expired" });
  // No header has a line break, so no Idempotency-Key is equal to it.
  const key = { tenantId, key: `portal link\n${jti}`, fingerprint: "", nonce: "", now };
  const once = { ...tools, before: [insertRequestKey(tools.db, key)], audit: auditBy(by) };
  const { scopes, expiresInSeconds, sessionId } = link;
  try {
    const input = { scopes, expiresInSeconds, sessionId, description: "portal", sessionBy: "link" } as const;
    const token = await issueToken(once, tenantId, input);
    const { name } = await readTenant(tools, tenantId);
    return { token, tenant: { id: tenantId, name }, link };
  } catch (error) {
    if (isKeyTaken(error)) throw new OutboxError({ code: "link_used" });
    if (lacksTenant(error)) throw new OutboxError({ code: "tenant_not_found", tenantId });
    throw error;
  }
}
