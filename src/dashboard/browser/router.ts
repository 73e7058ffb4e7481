import { useEffect, useState } from "preact/hooks";
import { ROOT } from "./base.ts";
import { keepScroll, pushEntry, replaceEntry } from "./scroll.ts";

/** The page's address, below the surface's root. */
interface Place {
  /** Segments of the path, decoded. */
  segments: readonly string[];
  query: URLSearchParams;
}

function placeOf(url: URL): Place {
  const rest = url.pathname.startsWith(ROOT) ? url.pathname.slice(ROOT.length) : "";
  const segments = rest.split("/").filter(Boolean).map(decoded);
  return { segments, query: url.searchParams };
}

/** A part of an address, decoded; as it is if it is not well formed. */
export function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Address of a place, for a link: segments are encoded, and values of `undefined` or "" left out. */
export function linkTo(
  segments: readonly string[],
  query: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  const path = ROOT + segments.map(encodeURIComponent).join("/");
  return given.length > 0 ? `${path}?${search}` : path;
}

const watchers = new Set<() => void>();
const tell = () => {
  for (const watcher of watchers) watcher();
};

/** Goes to a place. `isSame`: it is the same page with other filters, so it takes the place of the address before. */
export function go(href: string, { isSame = false } = {}): void {
  if (isSame) replaceEntry(href);
  else pushEntry(href);
  tell();
}

/** Sets values of the query of this page; "" or undefined takes one away. */
export function setQuery(values: Readonly<Record<string, string | number | undefined>>): void {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, String(value));
  }
  go(url.href, { isSame: true });
}

/** The current place; the component is drawn anew when it changes. */
export function usePlace(): Place {
  const [href, setHref] = useState(location.href);
  useEffect(() => {
    const watcher = () => setHref(location.href);
    watchers.add(watcher);
    return () => {
      watchers.delete(watcher);
    };
  }, []);
  return placeOf(new URL(href));
}

/** Follows links within the surface without loading the page anew, and the browser's own back and forward. */
export function followLinks(): void {
  keepScroll();
  addEventListener("popstate", tell);
  addEventListener("click", (event) => {
    const link = (event.target as Element | null)?.closest?.("a");
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    if (
      link.target ||
      link.hasAttribute("download") ||
      link.origin !== location.origin ||
      !link.pathname.startsWith(ROOT)
    )
      return;
    if (link.hash && link.pathname === location.pathname) return;
    event.preventDefault();
    go(link.href);
  });
}

/** Values of the names in a pattern as `t/:tenant/m/:message`, if the segments are of it. */
export function match(pattern: string, segments: readonly string[]): Record<string, string> | undefined {
  const parts = pattern.split("/").filter(Boolean);
  if (parts.length !== segments.length) return undefined;
  const values: Record<string, string> = {};
  for (const [n, part] of parts.entries()) {
    const segment = segments[n] ?? "";
    if (part.startsWith(":")) values[part.slice(1)] = segment;
    else if (part !== segment) return undefined;
  }
  return values;
}
