import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { IS_DEVELOPMENT, SURFACE } from "../base.ts";
import { usePlace } from "../router.ts";
import { w } from "../words/words.ts";
import { Brand } from "./brand.tsx";
import { Dialog } from "./dialog.tsx";
import { Icon } from "./icons.tsx";
import { currentOf, type Entry, entriesFor, tenantOf } from "./nav.ts";
import { Palette } from "./palette.tsx";
import { StatusLine } from "./said.tsx";
import { ShortcutSheet, useShortcuts } from "./shortcuts.tsx";
import { Switches } from "./switches.tsx";
import { TenantSwitch } from "./tenant-switch.tsx";

type Part = "palette" | "sheet" | "pages";

/** The frame around every page: ways to the other pages, the search, and the switches of the whole. */
export function Frame({ children }: { children: ComponentChildren }) {
  const { segments } = usePlace();
  const tenant = tenantOf(segments);
  const current = currentOf(segments);
  const groups = entriesFor(tenant);
  const entries = groups.flat();
  const main = useRef<HTMLElement>(null);
  const [open, setOpen] = useState<Part>();
  const close = () => setOpen(undefined);
  useEffect(close, [segments.join("/")]);
  useShortcuts(entries, { palette: () => setOpen("palette"), sheet: () => setOpen("sheet") });
  return (
    <div class={`frame ${SURFACE}`}>
      <header class="top">
        <button type="button" class="skip" onClick={() => main.current?.focus()}>
          {w.frame.skip}
        </button>
        <Brand />
        {IS_DEVELOPMENT && <span class="mark warn badge">{w.frame.development}</span>}
        {SURFACE === "ui" && <TenantSwitch tenant={tenant} />}
        <button type="button" class="seek" aria-keyshortcuts="/ Control+K" onClick={() => setOpen("palette")}>
          <Icon name="search" />
          <span class="unseen">{w.frame.search}</span>
          <span class="long" aria-hidden="true">
            {w.frame.searchLong}
          </span>
          <span class="hotkey" aria-hidden="true">
            /
          </span>
        </button>
        <Switches openSheet={() => setOpen("sheet")} />
      </header>
      <nav class="rail" aria-label={w.nav.label}>
        <Groups {...{ groups, current }} />
      </nav>
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
      <Bar {...{ entries, current }} openAll={() => setOpen("pages")} />
      <StatusLine />
      {open === "palette" && <Palette {...{ tenant, entries }} onClose={close} />}
      {open === "sheet" && <ShortcutSheet entries={entries} onClose={close} />}
      {open === "pages" && (
        <Dialog title={w.frame.allPages} kind="pages" onClose={close}>
          <div class="body">
            <Groups {...{ groups, current }} />
          </div>
        </Dialog>
      )}
    </div>
  );
}

function Groups({ groups, current }: { groups: readonly (readonly Entry[])[]; current: string }) {
  return groups.map((group, n) => (
    <ul key={n}>
      {group.map((entry) => (
        <li key={entry.href}>
          <Way {...{ entry, current }} />
        </li>
      ))}
    </ul>
  ));
}

function Way({ entry: { name, icon, href, of }, current }: { entry: Entry; current: string }) {
  return (
    <a href={href} aria-current={of === current ? "page" : undefined}>
      <Icon name={icon} />
      <span>{name}</span>
    </a>
  );
}

interface BarProps {
  entries: readonly Entry[];
  current: string;
  openAll: () => void;
}

/** The pages that are wanted most, in reach of a thumb, and the way to all others. */
function Bar({ entries, current, openAll }: BarProps) {
  const shown = entries.filter(({ isMain }) => isMain);
  return (
    <nav class="tabbar" aria-label={w.nav.label}>
      {shown.map((entry) => (
        <Way key={entry.href} {...{ current }} entry={{ ...entry, name: entry.short ?? entry.name }} />
      ))}
      {shown.length < entries.length && (
        <button type="button" class="bare" aria-haspopup="dialog" onClick={openAll}>
          <Icon name="more" />
          <span>{w.frame.more}</span>
        </button>
      )}
    </nav>
  );
}
