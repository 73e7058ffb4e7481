import { usePlace } from "../router.ts";

/** A tab, which stands in the address under `tab`. */
export interface Tab {
  name: string;
  label: string;
}

/** Name of the current tab: the first, unless the address has another one. */
export function useTab(tabs: readonly Tab[]): string {
  const given = usePlace().query.get("tab");
  return (tabs.find(({ name }) => name === given) ?? tabs[0])?.name ?? "";
}

/** Ways to the parts of a page. `label`: name of them all. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly Tab[] }) {
  const current = useTab(tabs);
  const hrefOf = (tab: string) => {
    const url = new URL(location.href);
    url.search = "";
    if (tab !== tabs[0]?.name) url.searchParams.set("tab", tab);
    return url.href;
  };
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(({ name, label }) => (
        <a key={name} href={hrefOf(name)} aria-current={name === current ? "page" : undefined}>
          {label}
        </a>
      ))}
    </nav>
  );
}
