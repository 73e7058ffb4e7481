import { type Context, Hono } from "hono";
import { z } from "zod";
import { toIso } from "../answers/to-iso.ts";
import type { ApiEnv } from "../api/context.ts";
import { guessesLimited, refuseHeld } from "../api/door/address-limit.ts";
import { auditEntry } from "../api/door/audit-entry.ts";
import { sentToken } from "../api/door/authenticate.ts";
import { DoorError } from "../api/door/door-error.ts";
import { readJson } from "../api/door/read-json.ts";
import { readableAccent } from "../domain/accent.ts";
import { checked } from "../platform/check.ts";
import { OutboxError } from "../platform/errors.ts";
import { limits } from "../platform/limits.ts";
import { issueMemberToken } from "../registry/member-tokens.ts";
import { openPortalLink } from "../registry/open-portal-link.ts";
import type { PortalLinkInput } from "../registry/portal-link-input.ts";
import { readTenant } from "../registry/tenants.ts";
import { revokeToken, type Token } from "../registry/tokens.ts";
import { type Claims, verifyToken } from "../registry/verify-token.ts";
import { type AppSignIn, authorizedBy } from "./authorize.ts";
import { sameOrigin } from "./same-origin.ts";

type ApiContext = Context<ApiEnv>;

const opening = z.strictObject({ code: z.string() });
const nothing = z.strictObject({});

/**
 * The sessions of the portal, which are tokens of the tenant: by a link, or by the sign-in of the app.
 * @param app sign-in of the app
 */
export function portalRoutes(app: AppSignIn | undefined): Hono<ApiEnv> {
  return new Hono<ApiEnv>()
    .post(
      "/portal/session",
      sameOrigin,
      guessesLimited,
      readJson({ maxBytes: limits.linkBytes }),
      openSession,
    )
    .delete("/portal/session", sameOrigin, guessesLimited, endSession)
    .post(
      "/portal/token",
      sameOrigin,
      guessesLimited,
      readJson({ maxBytes: limits.signInBytes }),
      async (c) => {
        checked(nothing, await c.req.json());
        return giveToken(c, app);
      },
    );
}

async function openSession(c: ApiContext): Promise<Response> {
  const { tools } = c.var;
  const { code } = checked(opening, await c.req.json());
  const opened = await openPortalLink(tools, code, (maker) => auditEntry(c, "createPortalLink", maker));
  if (!opened) {
    refuseHeld(c);
    throw new DoorError("unauthorized", "This is no link to the portal. Ask for one where you got it.");
  }
  const { token, tenant, link } = opened;
  setMember(c, token);
  const { language = null, returnUrl = null, next = null, sessionId = null } = link;
  const wishes = { theme: presentTheme(link), language, returnUrl, next, sessionId };
  return c.json({ ...granted(token), name: tenant.name ?? tenant.id, tenant, ...wishes });
}

/** Revokes the token of the session, whatever its scopes. A token that is revoked already is no error. */
async function endSession(c: ApiContext): Promise<Response> {
  const { tools } = c.var;
  const claims = await claimsOf(c);
  if (!claims) {
    refuseHeld(c);
    throw new DoorError("unauthorized", "This is no token of a session, or it has expired.");
  }
  const { tenantId, tokenId } = claims;
  c.set("caller", { kind: "tenant", ...claims });
  const audit = { ...auditEntry(c, "revokeToken"), subject: { token: tokenId } };
  await revokeToken({ ...tools, audit }, tenantId, tokenId).catch((error: unknown) => {
    const isGone = error instanceof OutboxError && GONE.has(error.code);
    if (!isGone) throw error;
  });
  return c.body(null, 204);
}

const GONE = new Set(["token_not_found", "tenant_not_found"]);

async function claimsOf(c: ApiContext): Promise<Claims | undefined> {
  const { keyRing, clock } = c.var.tools;
  const given = sentToken(c);
  return given === undefined || !keyRing ? undefined : verifyToken(keyRing, given, clock.now());
}

async function giveToken(c: ApiContext, app: AppSignIn | undefined): Promise<Response> {
  if (!app) {
    refuseHeld(c);
    throw new DoorError("unauthorized", "The portal opens by a link of the app that you came from.");
  }
  const person = await authorizedBy(app, c);
  if ("role" in person) {
    throw new DoorError("forbidden", "The portal is the tenants'. Open the dashboard.");
  }
  const { tenant: tenantId, name } = person;
  const audit = auditEntry(c, "issueToken", { caller: "app", callerId: name, role: null });
  const token = await issueMemberToken({ ...c.var.tools, audit }, tenantId, person);
  const tenant = await readTenant(c.var.tools, tenantId);
  setMember(c, token);
  return c.json({ ...granted(token), name, tenant: { id: tenantId, name: tenant.name } });
}

function granted({ token, expiresAt, scopes }: Token & { token: string }) {
  return { token, expiresAt: toIso(expiresAt), scopes };
}

function presentTheme({ theme }: PortalLinkInput) {
  if (!theme) return null;
  const { accent, ...rest } = theme;
  return { ...rest, ...(accent !== undefined && { accent: readableAccent(accent) }) };
}

/** For the log. */
function setMember(c: ApiContext, { tenantId, id: tokenId, scopes, expiresAt }: Token): void {
  c.set("caller", { kind: "tenant", tenantId, tokenId, scopes, expiresAt });
}
