import * as z from "zod";
import { eachOnce, leftOut, leftOutAs, numberIn, wellFormed, wholeNumber } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";

const PORTAL_SCOPES = ["read", "manage"] as const;
const HEX = /^#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$/;
/** Any address with a folder of this name stands for the portal's. */
const PORTAL = "https://portal.invalid/portal/";

const accent = z.string().regex(HEX, { error: 'must be a colour in hex, as "#0a7f5a"' });

export const theme = z.strictObject({
  accent: leftOut(accent),
  radius: leftOut(numberIn(wholeNumber(0, limits.portalRadius, "pixels"))),
  font: leftOut(z.enum(["system", "serif", "mono"])),
  logo: leftOut(httpsUrl()),
  mode: leftOut(z.enum(["light", "dark", "system"])),
});

const next = wellFormed(z.string().max(limits.portalPathLength)).transform((path, context) => {
  const url = URL.canParse(path, PORTAL) ? new URL(path, PORTAL) : undefined;
  const within = url?.href.startsWith(PORTAL) ? url.href.slice(PORTAL.length) : undefined;
  // Dots may stand before a slash: "/" and what follows it is then no longer within.
  const isPath =
    within !== undefined && ![path, within].some((one) => /^[/\\]/.test(one)) && url?.hash === "";
  if (isPath) return within;
  context.addIssue('must be a path within the portal, without a slash at its beginning, as "endpoints"');
  return z.NEVER;
});

export const portalLinkInput = z.strictObject({
  scopes: leftOutAs(
    eachOnce(
      z
        .array(z.enum(PORTAL_SCOPES, { error: `must be one of ${PORTAL_SCOPES.join(", ")}` }))
        .min(1, { error: "must name at least one scope" }),
    ),
    [...PORTAL_SCOPES],
  ),
  expiresInSeconds: leftOutAs(
    numberIn(wholeNumber(limits.portalSeconds.from, limits.portalSeconds.to, "seconds")),
    limits.portalSeconds.otherwise,
  ),
  next: leftOut(next),
  theme: leftOut(theme),
  language: leftOut(z.enum(["en", "es"])),
  returnUrl: leftOut(httpsUrl()),
  sessionId: leftOut(
    z.string().regex(new RegExp(`^[\\x21-\\x7e]{1,${limits.sessionIdLength}}$`), {
      error: `must be 1 to ${limits.sessionIdLength} characters of ASCII without spaces`,
    }),
  ),
});
export type PortalLinkInput = z.output<typeof portalLinkInput>;

/** An https address without credentials, as browsers write it; of this machine also over http. */
function httpsUrl() {
  return wellFormed(z.string().max(limits.urlLength)).transform((text, context) => {
    const url = WRITTEN_OUT.test(text) && URL.canParse(text) ? new URL(text) : undefined;
    const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && LOOPBACK.test(url.hostname));
    if (isSafe && url.username === "" && url.password === "" && url.href.length <= limits.urlLength) {
      return url.href;
    }
    context.addIssue("must be an https URL, without a user and a password");
    return z.NEVER;
  });
}
/** Two slashes, and nothing that a parser would leave out. */
const WRITTEN_OUT = /^https?:\/\/[^/\\\s][^\\\s]*$/i;
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])$/;
