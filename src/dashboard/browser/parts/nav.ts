import { IS_DEVELOPMENT, SURFACE } from "../base.ts";
import { linkTo } from "../router.ts";
import { w } from "../words/words.ts";
import type { IconName } from "./icons.tsx";

/** A place of the surface, to which the navigation leads. */
export interface Entry {
  name: string;
  /** Its name where there is little room. Defaults to `name`. */
  short?: string;
  icon: IconName;
  href: string;
  /** Segments of its page, joined: pages of single things belong to it, too. */
  of: string;
  /** The letter that leads to it, after `g`. */
  key?: string;
  /** True: it stands in the bar of a narrow screen, too. */
  isMain?: boolean;
}

/** Places of the surface, in groups; those of a tenant only within it. */
export function entriesFor(tenant: string | undefined): readonly (readonly Entry[])[] {
  const n = w.nav;
  const place = (segments: string[], name: string, icon: IconName, more: Partial<Entry> = {}): Entry => ({
    name,
    icon,
    href: linkTo(segments),
    of: segments.join("/"),
    ...more,
  });
  const base = SURFACE === "ui" ? ["t", tenant ?? ""] : [];
  const within = (segment: string, name: string, icon: IconName, more?: Partial<Entry>) =>
    place([...base, segment], name, icon, more);
  const main = { isMain: true };
  const messages = within("messages", n.messages, "messages", { key: "m", ...main });
  const deliveries = within("deliveries", n.deliveries, "deliveries", { key: "d" });
  const dead = within("dead", n.dead, "dead", { key: "x", short: n.deadShort, ...main });
  const endpoints = within("endpoints", n.endpoints, "endpoints", { key: "e", ...main });
  const blocked = within("blocked", n.blocked, "blocked");
  const types = within("types", n.types, "types");
  if (SURFACE === "portal") {
    const activity = within("activity", n.activity, "overview", { key: "o" });
    return [[endpoints, messages, { ...deliveries, ...main }, dead, blocked, types, activity]];
  }
  const overview = place([], n.overview, "overview", { key: "o", ...main });
  const outside = { isMain: tenant === undefined };
  const all = [overview, place(["t"], n.tenants, "tenants", outside)];
  const last = [place(["acts"], n.acts, "acts", outside), place(["system"], n.system, "system", outside)];
  const inspector = IS_DEVELOPMENT
    ? [
        place(["dev", "first"], n.firstSteps, "play"),
        place(["dev", "receiver"], n.receiver, "receiver"),
        place(["dev", "mailbox"], n.mailbox, "emails"),
      ]
    : [];
  if (tenant === undefined) return [all, last, inspector];
  const ofTenant = [
    place(["t", tenant], n.tenant, "tenants"),
    messages,
    deliveries,
    within("failures", n.failures, "failures", { key: "f" }),
    dead,
    blocked,
    endpoints,
    types,
    within("emails", n.emails, "emails"),
    within("handlers", n.handlers, "handlers"),
    within("tokens", n.tokens, "tokens"),
  ];
  return [all, ofTenant, last, inspector];
}

/** Pages of single things, and the entry that they belong to. */
const PARENTS: Record<string, string> = { m: "messages", e: "endpoints", k: "blocked", et: "types" };

/** Segments that tell the places below a first one apart. */
const DEPTHS: Record<string, number> = { t: 3, dev: 2 };

/** The `of` of the entry that a page belongs to. */
export function currentOf(segments: readonly string[]): string {
  const depth = SURFACE === "ui" ? (DEPTHS[segments[0] ?? ""] ?? 1) : 1;
  const places = segments.slice(0, depth);
  const last = places.at(-1) ?? "";
  const isDeep = SURFACE === "portal" || places.length === 3;
  return [...places.slice(0, -1), isDeep ? (PARENTS[last] ?? last) : last].join("/");
}

/** The tenant whose page a place is, on the surface of the operator. */
export function tenantOf(segments: readonly string[]): string | undefined {
  return SURFACE === "ui" && segments[0] === "t" ? segments[1] : undefined;
}
