import { useEffect, useState } from "preact/hooks";
import { useRead } from "../query.ts";
import { linkTo, usePlace } from "../router.ts";
import { w } from "../words/words.ts";
import { Combobox, type Option } from "./combobox.tsx";
import { visible } from "./format.ts";
import { Icon } from "./icons.tsx";
import { Menu } from "./menu.tsx";
import { recentTenants, rememberTenant } from "./recent-tenants.ts";
import { useSearch } from "./search.ts";

/** Shows the tenant of the page, and leads to others. */
export function TenantSwitch({ tenant }: { tenant: string | undefined }) {
  useEffect(() => {
    if (tenant !== undefined) rememberTenant(tenant);
  }, [tenant]);
  const label = (
    <>
      <Icon name="tenants" />
      <span class="unseen">{w.frame.switchTenant}: </span>
      <span class="cut">{tenant === undefined ? w.frame.allTenants : visible(tenant)}</span>
      <Icon name="down" />
    </>
  );
  return (
    <Menu kind="tenants" label={label}>
      {(close) => <Tenants tenant={tenant} onChosen={close} />}
    </Menu>
  );
}

function Tenants({ tenant, onChosen }: { tenant: string | undefined; onChosen: () => void }) {
  const [text, setText] = useState("");
  const { segments } = usePlace();
  const q = text.trim();
  const search = useSearch(q, undefined);
  const newest = useRead("/v1/tenants", { query: { limit: 20 } });
  // The same list of another tenant; a single thing is only its own tenant's.
  const page = segments.length === 3 ? segments.slice(2) : [];
  const option = (id: string, name?: string | null): Option => ({
    key: id,
    icon: "tenants",
    text: visible(id),
    note: name ? visible(name) : undefined,
    href: linkTo(["t", id, ...page]),
  });
  const all: Option = { key: "", icon: "overview", text: w.frame.allTenants, href: linkTo(["t"]) };
  const recent = recentTenants(tenant);
  const others = (newest.data?.data ?? []).filter(({ id }) => id !== tenant && !recent.includes(id));
  const found = search.found.filter(({ kind }) => kind === "tenant");
  const f = w.frame;
  const groups =
    q === ""
      ? [
          { name: f.recentTenants, options: recent.map((id) => option(id)) },
          { name: f.newestTenants, options: [...others.map(({ id, name }) => option(id, name)), all] },
        ]
      : [{ name: f.foundTenants, options: found.map(({ id, tenantName }) => option(id, tenantName)) }];
  return (
    <Combobox
      label={f.switchTenant}
      placeholder={f.tenantPlaceholder}
      onText={setText}
      {...{ text, groups, onChosen }}
    >
      <p class="small told" role="status">
        {q !== "" &&
          (search.error?.message ?? (search.isBusy ? f.searching : found.length === 0 && f.nothing))}
      </p>
    </Combobox>
  );
}
