import { useState } from "preact/hooks";
import { SURFACE } from "../base.ts";
import { useRead } from "../query.ts";
import { w } from "../words/words.ts";
import { Combobox, type Option, type OptionGroup } from "./combobox.tsx";
import { Dialog } from "./dialog.tsx";
import { count, visible } from "./format.ts";
import type { Entry } from "./nav.ts";
import {
  actionsOfPage,
  directOptions,
  findingGroups,
  fits,
  isId,
  isListed,
  isText,
  pageOption,
  tenantOption,
  useEndpointOptions,
} from "./palette-options.ts";
import { recentTenants } from "./recent-tenants.ts";
import { type Search, useSearch } from "./search.ts";
import { useSession } from "./signed-in.tsx";

interface Props {
  /** Tenant of the page; undefined on a page of all tenants. */
  tenant: string | undefined;
  entries: readonly Entry[];
  onClose: () => void;
}

/** Goes to pages and things, finds them, and does what the page offers. */
export function Palette({ tenant, entries, onClose }: Props) {
  const [text, setText] = useState("");
  const [isWide, setWide] = useState(false);
  const [actions] = useState(actionsOfPage);
  const owner = useSession().tenant?.id ?? tenant;
  const q = text.trim();
  const within = isWide || isId(q) ? undefined : owner;
  const search = useSearch(isSearched(q, within) ? q : "", within);
  const endpoints = useEndpointOptions(owner, q);
  const f = w.frame;
  const found = new Set(search.found.map(({ id }) => id));
  const groups: OptionGroup[] = [
    { name: f.groups.lists, options: directOptions(owner, q) },
    { name: f.groups.actions, options: actions.filter((one) => fits(one.text, q)) },
    { name: f.groups.pages, options: entries.filter(({ name }) => fits(name, q)).map(pageOption) },
    { name: f.groups.recent, options: q === "" ? recentTenants(tenant).map(tenantOption) : [] },
    ...findingGroups(search.found, within),
    { name: f.groups.known, options: endpoints.filter(({ key }) => !found.has(key)) },
  ];
  const isNothing = groups.every(({ options }) => options.length === 0);
  groups.push({
    name: f.groups.further,
    options: furtherWays({ q, search, owner, isWide, setWide, setText }),
  });
  return (
    <Dialog title={f.search} kind="palette" onClose={onClose}>
      <Combobox
        label={f.searchLabel}
        placeholder={f.searchLong}
        onChosen={onClose}
        {...{ text, groups }}
        onText={(given) => {
          setText(given);
          setWide(false);
        }}
      >
        <p class="small told" role="status">
          {isText(q) && within === undefined
            ? f.textNeedsTenant
            : q !== "" && <Told {...{ search, within, isNothing }} />}
        </p>
        {q === "" && SURFACE === "ui" && <Hints />}
      </Combobox>
    </Dialog>
  );
}

/** The API searches for it: it is no prefix of a list, nor one with nothing behind it. */
function isSearched(q: string, tenant: string | undefined): boolean {
  if (SURFACE === "portal" || isListed(q) || /^(key|text):$/.test(q)) return false;
  return tenant !== undefined || !isText(q);
}

interface Ways {
  q: string;
  search: Search;
  owner: string | undefined;
  isWide: boolean;
  setWide: (isWide: boolean) => void;
  setText: (text: string) => void;
}

function furtherWays({ q, search, owner, isWide, setWide, setText }: Ways): Option[] {
  const f = w.frame;
  const ways: Option[] = [];
  const way = (key: string, text: string, run: () => void) =>
    ways.push({ key, icon: "search", text, run, stays: true });
  if (search.further) way("further", f.further, search.further);
  if (SURFACE === "portal" || owner === undefined || q === "" || isId(q) || isListed(q)) return ways;
  const isWord = !/^\w+:/.test(q);
  if (isWord && !search.isBusy && search.found.length === 0) {
    way("text", f.inPayloads(visible(q), visible(owner)), () => setText(`text:${q}`));
  }
  if (isWide) way("narrow", f.within(visible(owner)), () => setWide(false));
  else if (!isText(q)) way("wide", f.everywhere, () => setWide(true));
  return ways;
}

interface ToldProps {
  search: Search;
  within: string | undefined;
  isNothing: boolean;
}

/** How far the search went. */
function Told({ search, within, isNothing }: ToldProps) {
  const { lookedAt, isBusy, isComplete, further, error } = search;
  const f = w.frame;
  const isNewest = lookedAt.messages > 0 && within !== undefined;
  const newest = useRead(isNewest ? "/v1/tenants/{tenant}/messages" : undefined, {
    params: { tenant: within ?? "" },
    query: { limit: 1 },
  }).data?.data[0];
  if (error) return <>{error.message || w.common.unreachable}</>;
  if (isBusy) return <>{f.searching}</>;
  const total = newest?.sequence ?? lookedAt.messages;
  const lines = [
    isNothing && f.nothing,
    isNewest && f.lookedAtMessages(count(Math.min(lookedAt.messages, total)), count(total)),
    lookedAt.tenants > 0 && further && f.lookedAtTenants(count(lookedAt.tenants)),
    !isComplete && !further && f.someLeftOut,
  ];
  return <>{lines.filter(Boolean).join(" ")}</>;
}

function Hints() {
  return (
    <ul class="small hints">
      {Object.entries(w.frame.hints).map(([name, hint]) => (
        <li key={name}>{hint}</li>
      ))}
    </ul>
  );
}
