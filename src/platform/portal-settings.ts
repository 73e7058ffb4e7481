import { ConfigError } from "./errors.ts";
import { readHttpsUrl } from "./host-settings.ts";
import { text } from "./read-setting.ts";

/** Settings of the dashboard and the portal. */
export interface PortalSettings {
  /** Address under which `/ui` and `/portal` are found, without a slash at its end. Undefined: that of the request. */
  url: string | undefined;
  /** Origins whose pages may frame the portal. */
  frameAncestors: readonly string[];
  /** Origins that logos may come from. */
  logoOrigins: readonly string[];
}

/** @throws {ConfigError} naming the setting that is wrong */
export function readPortalSettings(settings: Record<string, unknown>, isProduction: boolean): PortalSettings {
  return {
    url: dashboardUrl(settings, isProduction),
    frameAncestors: readOrigins(settings, "PORTAL_FRAME_ANCESTORS") ?? [],
    logoOrigins: readOrigins(settings, "PORTAL_LOGO_ORIGINS") ?? [],
  };
}

function dashboardUrl(settings: Record<string, unknown>, isProduction: boolean): string | undefined {
  const said = 'the folder that has "ui" and "portal", as "https://app.example.com/outbox"';
  return readFolderUrl(settings, "DASHBOARD_URL", { said, isProduction });
}

/**
 * Address that links begin with, without a slash at its end. Undefined: it is not set.
 * @throws {ConfigError}
 */
export function readFolderUrl(
  settings: Record<string, unknown>,
  name: string,
  as: { said: string; isProduction: boolean },
): string | undefined {
  const given = text(settings, name);
  if (given === undefined) return undefined;
  const { origin, pathname, search } = new URL(readHttpsUrl(name, given, as));
  if (search !== "") throw new ConfigError(`${name} must not have a query. Remove it.`);
  return `${origin}${pathname.replace(/\/+$/, "")}`;
}

/**
 * Origins separated by commas; undefined if none is set.
 * @param orAll true: `*` stands for every origin
 * @throws {ConfigError}
 */
export function readOrigins(
  settings: Record<string, unknown>,
  name: string,
  orAll = false,
): readonly string[] | undefined {
  const origins = text(settings, name)
    ?.split(",")
    .map((origin) => origin.trim());
  const wrong = origins?.find((origin) => !(orAll && origin === "*") && !isOrigin(origin));
  if (wrong !== undefined) {
    throw new ConfigError(
      `${name} has "${wrong}", but must be origins as "https://app.example.com", separated by commas${orAll ? ", or *" : ""}.`,
    );
  }
  return origins;
}

/** Some characters that a URL lets stand in a host end a directive of a policy, or an attribute. */
const ORIGIN = /^https?:\/\/[\w.:[\]-]+$/;

function isOrigin(text: string): boolean {
  return ORIGIN.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
