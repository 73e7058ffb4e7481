import type { Doer } from "../domain/audit.ts";
import { newNonce } from "../domain/ids.ts";
import { invalid, OutboxError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import type { PortalSettings } from "../platform/portal-settings.ts";
import { readClaims, type SignedClaims, signClaims } from "../platform/signed-claims.ts";
import type { PortalLinkInput } from "./portal-link-input.ts";
import { insertRequestKey, isKeyTaken, lacksTenant } from "./request-keys.ts";
import { readTenant } from "./tenants.ts";
import { issueToken, type Token, type TokenTools } from "./tokens.ts";

interface PortalLinkTools extends TokenTools {
  portal: PortalSettings;
}

/** Link that opens a session of the portal once, until an instant in milliseconds. */
export interface PortalLink {
  url: string;
  expiresAt: number;
}

interface LinkClaims extends SignedClaims {
  sub: string;
  jti: string;
  link: PortalLinkInput;
  /** Maker of the link, for the audit. */
  by: Doer;
}

/**
 * Signs a link of the portal. Nothing is written until it is opened. Its code stands in the fragment of its address,
 * which no log and no `Referer` has.
 * @param publicUrl address under which the portal is found
 * @throws {OutboxError} `invalid_input`, `tenant_not_found`, `secret_keys_missing`
 */
export async function createPortalLink(
  tools: PortalLinkTools,
  tenantId: string,
  link: PortalLinkInput,
  publicUrl: string,
): Promise<PortalLink> {
  requireLogoOrigin(link.theme?.logo, tools.portal.logoOrigins);
  await readTenant(tools, tenantId);
  const { caller = "app", callerId = null, role = null } = tools.audit ?? {};
  const exp = Math.floor(tools.clock.now() / 1000) + limits.linkSeconds;
  const by: Doer = { caller, callerId, role };
  const claims: LinkClaims = { sub: tenantId, jti: newNonce(tools.random), exp, link, by };
  const code = await signClaims({ keyRing: tools.keyRing, purpose: "portal" }, claims);
  return { url: `${publicUrl}/portal/#${code}`, expiresAt: exp * 1000 };
}

/** The policy of the portal's pages allows no other, and is sent before the page knows its link. */
function requireLogoOrigin(logo: string | undefined, allowed: readonly string[]): void {
  if (logo === undefined || allowed.includes(new URL(logo).origin)) return;
  throw invalid("theme.logo", "must be of an origin that the setting PORTAL_LOGO_ORIGINS names");
}

/** A session of the portal: its token, and the looks and ways that its link asked for. */
export interface PortalSession {
  token: Token & { token: string };
  tenant: { id: string; name: string | null };
  link: PortalLinkInput;
}

/**
 * Issues the token of a link, once: a row of the code's name is the first statement of the batch, and outlives a token
 * that is revoked. Undefined: the code is none that was signed here.
 * @param auditBy makes the audit entry, in the name of the link's maker
 * @throws {OutboxError} `link_used`, `link_expired`, `tenant_not_found`, `token_limit_reached`, `secret_keys_missing`
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
  const key = { tenantId, key: `portal link ${jti}`, fingerprint: "", nonce: "", now };
  const once = { ...tools, before: [insertRequestKey(tools.db, key)], audit: auditBy(by) };
  const { scopes, expiresInSeconds, sessionId } = link;
  try {
    const input = { scopes, expiresInSeconds, sessionId, description: "portal" };
    const token = await issueToken(once, tenantId, input);
    const { name } = await readTenant(tools, tenantId);
    return { token, tenant: { id: tenantId, name }, link };
  } catch (error) {
    if (isKeyTaken(error)) throw new OutboxError({ code: "link_used" });
    if (lacksTenant(error)) throw new OutboxError({ code: "tenant_not_found", tenantId });
    throw error;
  }
}
