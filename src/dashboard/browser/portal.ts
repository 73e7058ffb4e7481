import { FRAME_ANCESTORS, SURFACE } from "./base.ts";
import { keptJson, ofTab } from "./storage.ts";

/** Session of a link to the portal, kept for this tab alone. */
const OPENED = "edge-outbox-portal";
const FONTS = {
  system: "system-ui, sans-serif",
  serif: "ui-serif, Georgia, serif",
  mono: "ui-monospace, monospace",
} as const;

/** Wishes of the app that made the link. */
interface Wishes {
  theme: {
    /** A colour for light grounds, and one for dark ones. */
    accent?: { light: string; dark: string };
    /** In CSS pixels. */
    radius?: number | null;
    font?: keyof typeof FONTS | null;
    logo?: string | null;
    mode?: "light" | "dark" | "system" | null;
  } | null;
  language: string | null;
  returnUrl: string | null;
}

/** A session that a link has opened. */
export interface Opened extends Wishes {
  token: string;
  /** Name of the session, which all links of one session of the app share. */
  session: string;
}

/** The session of this tab's link, if there is one. The dashboard, in the same tab, has none. */
export function keptLink(): Opened | undefined {
  if (SURFACE === "ui") return undefined;
  const kept = keptJson(ofTab, OPENED) as Partial<Opened> | null | undefined;
  return typeof kept?.token === "string" ? (kept as Opened) : undefined;
}

/** Keeps the session of a link; null ends it. */
export function keepLink(opened: Opened | null): void {
  ofTab.set(OPENED, opened && JSON.stringify(opened));
}

/** Wishes of the link that this tab was opened by. */
export function wishes(): Partial<Wishes> {
  return keptLink() ?? {};
}

/** Gives the portal the looks that its link wishes for, and none of another link. Colours that tell a state stay as they are. */
export function applyLooks(): void {
  const { accent, radius, font } = wishes().theme ?? {};
  const { style } = document.documentElement;
  style.setProperty("--accent", accent ? `light-dark(${accent.light}, ${accent.dark})` : null);
  style.setProperty("--radius", radius == null ? null : `${radius}px`);
  style.setProperty("--font", font ? FONTS[font] : null);
}

/** Leads back to the app when the session is over. */
export function leaveForApp(returnUrl: string, because: "expired" | "signed_out"): void {
  const url = new URL(returnUrl);
  url.searchParams.set("edge_outbox", because);
  location.replace(url);
}

/** Tells the page around the portal how high it is, if that page is of an origin that may frame it. */
export function tellHeight(): void {
  if (window.parent === window) return;
  const origin = location.ancestorOrigins?.[0] ?? originOf(document.referrer);
  if (origin === undefined || !FRAME_ANCESTORS.includes(origin)) return;
  const tell = () => {
    const height = document.body.scrollHeight;
    window.parent.postMessage({ type: "edge-outbox:height", height }, origin);
  };
  new ResizeObserver(tell).observe(document.body);
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}
