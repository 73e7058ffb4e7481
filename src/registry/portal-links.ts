import type { Doer } from "../domain/audit.ts";
import { newNonce } from "../domain/ids.ts";
import { invalid } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import type { PortalSettings } from "../platform/portal-settings.ts";
import { type SignedClaims, signClaims } from "../platform/sign-claims.ts";
import type { PortalLinkInput } from "./portal-link-input.ts";
import { readTenant } from "./tenants.ts";
import type { TokenTools } from "./tokens.ts";

interface PortalLinkTools extends TokenTools {
  portal: PortalSettings;
}

/** Link that opens a session of the portal once, until an instant in milliseconds. */
export interface PortalLink {
  url: string;
  expiresAt: number;
}

/** Claims of a link's code. */
export interface LinkClaims extends SignedClaims {
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
