import { FRAME_ANCESTORS, SURFACE } from "./base.ts";

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

/** The session of this tab's link, as text; null: there is none. */
export function keptLink(): string | null {
  return sessionStorage.getItem(OPENED);
}

/** Keeps the session of a link; null ends it. */
export function keepLink(opened: object | null): void {
  if (opened === null) sessionStorage.removeItem(OPENED);
  else sessionStorage.setItem(OPENED, JSON.stringify(opened));
}

/** Wishes of the link that this tab was opened by. */
export function wishes(): Partial<Wishes> {
  const kept = SURFACE === "portal" ? keptLink() : null;
  return kept === null ? {} : (JSON.parse(kept) as Wishes);
}

/** Gives the portal the looks that its link wishes for. Colours that tell a state stay as they are. */
export function applyLooks(): void {
  const { theme } = wishes();
  const { style, dataset } = document.documentElement;
  if (theme?.accent) style.setProperty("--accent", `light-dark(${theme.accent.light}, ${theme.accent.dark})`);
  if (theme?.radius != null) style.setProperty("--radius", `${theme.radius}px`);
  if (theme?.font) style.setProperty("--font", FONTS[theme.font]);
  if (theme?.mode && theme.mode !== "system") dataset["theme"] = theme.mode;
}

/** Leads back to the app when the session is over. */
export function leaveForApp(returnUrl: string): void {
  const url = new URL(returnUrl);
  url.searchParams.set("edge_outbox", "expired");
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
