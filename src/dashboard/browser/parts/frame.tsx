import type { ComponentChildren } from "preact";
import { useEffect, useReducer, useState } from "preact/hooks";
import { SURFACE } from "../base.ts";
import { live, type Pace } from "../live.ts";
import { go, linkTo, usePlace } from "../router.ts";
import { signOut } from "../session.ts";
import { chooseLanguage, LANGUAGES, type Language, language, w } from "../words/words.ts";
import { Icon, type IconName } from "./icons.tsx";
import { StatusLine } from "./said.tsx";
import { useSession } from "./signed-in.tsx";

interface Entry {
  name: string;
  icon: IconName;
  href: string;
  /** Patterns of the first segments of pages that belong to it. */
  of: string;
}

/** Places of the surface; those of a tenant only within it. */
function entriesFor(tenant: string | undefined): readonly (readonly Entry[])[] {
  const n = w.nav;
  const within = (name: string, icon: IconName, segment: string): Entry => {
    const segments = SURFACE === "ui" ? ["t", tenant ?? "", segment] : [segment];
    return { name, icon, href: linkTo(segments), of: segments.join("/") };
  };
  if (SURFACE === "portal") {
    return [
      [
        within(n.endpoints, "endpoints", "endpoints"),
        within(n.messages, "messages", "messages"),
        within(n.deliveries, "deliveries", "deliveries"),
        within(n.dead, "dead", "dead"),
        within(n.types, "types", "types"),
        within(n.activity, "overview", "activity"),
      ],
    ];
  }
  const all: Entry[] = [
    { name: n.overview, icon: "overview", href: linkTo([]), of: "" },
    { name: n.tenants, icon: "tenants", href: linkTo(["t"]), of: "t" },
  ];
  const last: Entry[] = [
    { name: n.acts, icon: "acts", href: linkTo(["acts"]), of: "acts" },
    { name: n.system, icon: "system", href: linkTo(["system"]), of: "system" },
  ];
  if (tenant === undefined) return [all, last];
  const ofTenant = [
    { name: n.tenant, icon: "tenants", href: linkTo(["t", tenant]), of: `t/${tenant}` } as const,
    within(n.messages, "messages", "messages"),
    within(n.deliveries, "deliveries", "deliveries"),
    within(n.failures, "failures", "failures"),
    within(n.dead, "dead", "dead"),
    within(n.blocked, "blocked", "blocked"),
    within(n.endpoints, "endpoints", "endpoints"),
    within(n.types, "types", "types"),
    within(n.emails, "emails", "emails"),
    within(n.handlers, "handlers", "handlers"),
    within(n.tokens, "tokens", "tokens"),
  ];
  return [all, ofTenant, last];
}

/** Pages of single things, and the entry that they belong to. */
const PARENTS: Record<string, string> = { m: "messages", e: "endpoints", k: "blocked", et: "types" };

function currentOf(segments: readonly string[]): string {
  const places = SURFACE === "ui" && segments[0] === "t" ? segments.slice(0, 3) : segments.slice(0, 1);
  const last = places.at(-1) ?? "";
  const isDeep = SURFACE === "portal" || places.length === 3;
  return [...places.slice(0, -1), isDeep ? (PARENTS[last] ?? last) : last].join("/");
}

/** The frame around every page: ways to the other pages, and the switches of the whole. */
export function Frame({ tools, children }: { tools?: ComponentChildren; children: ComponentChildren }) {
  const { segments } = usePlace();
  const tenant = SURFACE === "ui" && segments[0] === "t" ? segments[1] : undefined;
  const current = currentOf(segments);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => setOpen(false), [current]);
  return (
    <div class={`frame ${SURFACE}`}>
      <a class="skip" href="#main">
        {w.common.skip}
      </a>
      <header class="top">
        <button
          type="button"
          class="bare burger"
          aria-expanded={isOpen}
          aria-controls="nav"
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name="acts" />
          <span class="unseen">{w.nav.menu}</span>
        </button>
        <a class="brand" href={linkTo([])}>
          edge-outbox
        </a>
        {tools}
        <Switches />
      </header>
      <nav id="nav" class={isOpen ? "open" : ""} aria-label={w.nav.label}>
        {entriesFor(tenant).map((group, n) => (
          <ul key={n}>
            {group.map(({ name, icon, href, of }) => (
              <li key={href}>
                <a href={href} aria-current={of === current ? "page" : undefined}>
                  <Icon name={icon} />
                  {name}
                </a>
              </li>
            ))}
          </ul>
        ))}
      </nav>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <StatusLine />
    </div>
  );
}

const PACES: readonly Pace[] = ["live", "slow", "off"];

function Switches() {
  const session = useSession();
  const [, redraw] = useReducer((n: number, _: undefined) => n + 1, 0);
  useEffect(() => {
    const unwatch = live.watch(() => redraw(undefined));
    return () => void unwatch();
  }, []);
  return (
    <div class="switches">
      {live.isSlowed && <span class="mark warn">{w.common.slowed}</span>}
      <select
        aria-label={w.common.pace}
        value={live.pace}
        onChange={(event) => {
          live.pace = event.currentTarget.value as Pace;
        }}
      >
        {PACES.map((pace) => (
          <option key={pace} value={pace}>
            {w.paces[pace]}
          </option>
        ))}
      </select>
      <details class="menu">
        <summary>
          {session.name || w.common.account} <Icon name="more" />
        </summary>
        <div>
          <ThemeChoice />
          <label>
            <span>{w.common.language}</span>
            <select
              value={language}
              onChange={(event) => chooseLanguage(event.currentTarget.value as Language)}
            >
              {LANGUAGES.map((one) => (
                <option key={one} value={one}>
                  {{ en: "English", es: "Español" }[one]}
                </option>
              ))}
            </select>
          </label>
          {session.role && <p class="small">{w.common.roleIs(session.role)}</p>}
          <button type="button" onClick={() => void signOut().then(() => go(linkTo([])))}>
            {w.common.signOut}
          </button>
        </div>
      </details>
    </div>
  );
}

export const THEMES = ["system", "light", "dark"] as const;
const THEME = "edge-outbox-theme";

/** Applies the theme that was chosen in this browser. */
export function applyTheme(theme = localStorage.getItem(THEME) ?? "system"): void {
  document.documentElement.dataset["theme"] = theme;
}

export function nextTheme(): void {
  const now = THEMES.findIndex((theme) => theme === (localStorage.getItem(THEME) ?? "system"));
  setTheme(THEMES[(now + 1) % THEMES.length] ?? "system");
}

function setTheme(theme: string): void {
  localStorage.setItem(THEME, theme);
  applyTheme();
}

function ThemeChoice() {
  const [theme, setChosen] = useState(localStorage.getItem(THEME) ?? "system");
  return (
    <label>
      <span>{w.common.theme}</span>
      <select
        value={theme}
        onChange={(event) => {
          setTheme(event.currentTarget.value);
          setChosen(event.currentTarget.value);
        }}
      >
        {THEMES.map((one) => (
          <option key={one} value={one}>
            {w.themes[one]}
          </option>
        ))}
      </select>
    </label>
  );
}
