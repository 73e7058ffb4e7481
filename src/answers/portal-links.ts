import type { PortalLink } from "../registry/portal-links.ts";
import { toIso } from "./to-iso.ts";

export function presentPortalLink({ url, expiresAt }: PortalLink) {
  return { url, expiresAt: toIso(expiresAt) };
}
