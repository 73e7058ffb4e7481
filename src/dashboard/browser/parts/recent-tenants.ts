import { keptJson, ofBrowser } from "../storage.ts";

const STORED = "edge-outbox-tenants";
const KEPT = 6;

function stored(): string[] {
  const list = keptJson(ofBrowser, STORED);
  return Array.isArray(list) ? list.filter((one) => typeof one === "string") : [];
}

/** Tenants whose pages were last seen in this browser, the latest first. */
export function recentTenants(except: string | undefined): readonly string[] {
  return stored().filter((id) => id !== except);
}

/** Keeps that a page of the tenant was seen. */
export function rememberTenant(id: string): void {
  const list = [id, ...recentTenants(id)].slice(0, KEPT);
  ofBrowser.set(STORED, JSON.stringify(list));
}

/** Forgets them: whoever signs in next may see other tenants. */
export function forgetTenants(): void {
  ofBrowser.set(STORED, null);
}
