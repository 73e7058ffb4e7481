import { presentPortalLink } from "../answers/portal-links.ts";
import { ConfigError } from "../platform/errors.ts";
import { portalLinkInput } from "../registry/portal-link-input.ts";
import { createPortalLink } from "../registry/portal-links.ts";
import type { PortalLinkAnswer } from "./answers.ts";
import { read } from "./input.ts";
import type { Ask } from "./tools.ts";

/** Input of a new link to the portal. */
export interface NewPortalLink {
  /** Scopes of the session. Scopes do not include one another. Defaults to both. */
  scopes?: ("read" | "manage")[];
  /** Duration of the session in seconds, from the opening of the link: a minute to 7 days. Defaults to an hour. */
  expiresInSeconds?: number;
  /** Path within the portal to begin at, as `endpoints`. Defaults to its first page. */
  next?: string;
  /** Looks of the portal. */
  theme?: PortalTheme;
  /** Language of the pages. Defaults to the browser's. */
  language?: "en" | "es";
  /** https address of the app, for the way back and for the end of the session. Defaults to none. */
  returnUrl?: string;
  /** Your name for the session, to end all of its tokens together. Defaults to none. */
  sessionId?: string;
}

/** Looks of the portal. Colours that tell a state stay as they are. */
export interface PortalTheme {
  /** Colour of links and buttons in hex, as `#0a7f5a`. Where it would be hard to read, it is made darker or lighter. */
  accent?: string;
  /** Radius of corners in CSS pixels, from 0 to 24. */
  radius?: number;
  font?: "system" | "serif" | "mono";
  /** https address of an image, of an origin in `PORTAL_LOGO_ORIGINS`. */
  logo?: string;
  /** Light or dark pages. Defaults to the system's. */
  mode?: "light" | "dark" | "system";
}

/** Operations on links to the portal, in which a tenant's members look after its deliveries. */
export interface PortalLinkOperations {
  /**
   * Creates a link that opens the tenant's portal once, within five minutes. `DASHBOARD_URL` tells where the portal is.
   * @throws {OutboxError} `invalid_input`, `tenant_not_found`, `secret_keys_missing`
   * @throws {ConfigError} without `DASHBOARD_URL`, or in a Worker that does not call `createApi`
   */
  create(tenantId: string, link?: NewPortalLink): Promise<PortalLinkAnswer>;
}

export function portalLinkOperations(ask: Ask): PortalLinkOperations {
  return {
    async create(tenantId, link) {
      const tools = ask({ tenantId }, "createPortalLink");
      const input = read(portalLinkInput, link);
      const { url } = tools.portal;
      if (url === undefined) {
        throw new ConfigError('DASHBOARD_URL is missing. Set it to the folder that has "ui" and "portal".');
      }
      return presentPortalLink(await createPortalLink(tools, tenantId, input, url));
    },
  };
}
