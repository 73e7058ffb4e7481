import { SURFACE } from "../base.ts";
import { useRead } from "../query.ts";
import { linkTo } from "../router.ts";
import { w } from "../words/words.ts";
import type { Option, OptionGroup } from "./combobox.tsx";
import { relative, visible } from "./format.ts";
import type { IconName } from "./icons.tsx";
import type { Entry } from "./nav.ts";
import type { Finding } from "./search.ts";
import { endpointLink, messageLink, tenantLink } from "./signed-in.tsx";

/** Text that may be the id of a thing. */
export const isId = (q: string) => /^(msg|ep|tok)_\w/.test(q);
/** Text that is looked for in payloads. */
export const isText = (q: string) => q.startsWith("text:");

/** Reports whether a name has the text in it. */
export function fits(name: string, q: string): boolean {
  return name.toLowerCase().includes(q.toLowerCase());
}

/** Buttons and links at the head of the page. The palette presses them, so it does nothing that the page does not show. */
export function actionsOfPage(): Option[] {
  const found = document.querySelectorAll<HTMLElement>(".page-head .actions > :is(a, button)");
  return [...found].map((control, n) => ({
    key: `action-${n}`,
    icon: "next",
    text: control.textContent,
    // The dialog has to be gone, as the control may open another.
    run: () => setTimeout(() => control.click()),
  }));
}

/** A page of the navigation. */
export function pageOption({ name, icon, href }: Entry): Option {
  return { key: href, icon, text: name, href };
}

/** A tenant, of which only the id is known. */
export function tenantOption(id: string): Option {
  return { key: `tenant-${id}`, icon: "tenants", text: visible(id), href: linkTo(["t", id]) };
}

const KINDS = ["tenant", "message", "delivery", "token", "endpoint"] as const;
const ICONS: Record<Finding["kind"], IconName> = {
  tenant: "tenants",
  endpoint: "endpoints",
  token: "tokens",
  message: "messages",
  delivery: "deliveries",
};

/** Findings in groups by their kind. `within`: the tenant in which all were found, which then need not be told. */
export function findingGroups(found: readonly Finding[], within: string | undefined): OptionGroup[] {
  return KINDS.map((kind) => ({
    name: w.frame.groups[kind],
    options: found.filter((one) => one.kind === kind).map((one) => findingOption(one, within)),
  }));
}

const STATE_WORDS = (): Record<string, string>[] => [w.states, w.endpointStates, w.tenants.states];

function findingOption(one: Finding, within: string | undefined): Option {
  const { kind, id, tenantId, endpointId, foundBy, state } = one;
  const notes = [
    kind === "tenant" ? one.tenantName : tenantId !== within && tenantId,
    one.eventType ?? one.description ?? one.target,
    endpointId,
    one.orderingKey,
    state && (STATE_WORDS().find((words) => words[state])?.[state] ?? state),
    foundBy === "id" ? undefined : w.frame.foundBy[foundBy],
    relative(Date.parse(one.at), Date.now()),
  ];
  return {
    key: endpointId ? `${id}-${endpointId}` : id,
    icon: ICONS[kind],
    text: visible(id),
    note: visible(notes.filter(Boolean).join(" · ")),
    href: hrefOf(one),
  };
}

function hrefOf({ kind, id, tenantId }: Finding): string {
  if (kind === "tenant") return linkTo(["t", id]);
  if (kind === "endpoint") return endpointLink(tenantId, id);
  return kind === "token" ? tenantLink(tenantId, ["tokens"]) : messageLink(tenantId, id);
}

/** Lists of a tenant that a prefix leads to, and the filter that it sets. */
const LISTS: Record<string, readonly ["messages" | "deliveries" | "failures", string]> = {
  type: ["messages", "eventType"],
  state: ["deliveries", "state"],
  endpoint: ["deliveries", "endpointId"],
  error: ["failures", "error"],
  status: ["failures", "httpStatus"],
};

/** Reports whether the text leads to a list, and so is not searched for. */
export function isListed(q: string): boolean {
  return Object.hasOwn(LISTS, /^(\w+):/.exec(q)?.[1] ?? "");
}

/** The list that a prefix leads to, or the page of a message whose id was typed into the portal. */
export function directOptions(tenant: string | undefined, q: string): Option[] {
  if (tenant === undefined) return [];
  if (SURFACE === "portal" && q.startsWith("msg_")) {
    return [
      { key: q, icon: "messages", text: w.frame.messageWith(visible(q)), href: messageLink(tenant, q) },
    ];
  }
  const [, prefix = "", value = ""] = /^(\w+):(.+)$/.exec(q) ?? [];
  const list = isListed(q) ? LISTS[prefix] : undefined;
  if (!list) return [];
  const [segment, name] = list;
  const href = tenantLink(tenant, [segment], { [name]: value.trim() });
  return [{ key: "list", icon: segment, text: w.frame.listOf(w.nav[segment], visible(value)), href }];
}

/** Endpoints of the tenant by their description, target or id. */
export function useEndpointOptions(tenant: string | undefined, q: string): Option[] {
  const { data } = useRead(tenant === undefined || q === "" ? undefined : "/v1/tenants/{tenant}/endpoints", {
    params: { tenant: tenant ?? "" },
    query: { limit: 100 },
  });
  const known = q === "" ? [] : (data?.data ?? []);
  return known
    .map(({ id, description, url, address }) => ({ id, description, target: url ?? address ?? "" }))
    .filter(({ id, description, target }) => fits([id, description, target].join(" "), q))
    .map(({ id, description, target }) => ({
      key: id,
      icon: "endpoints",
      text: visible(description ?? target),
      note: visible([description && target, id].filter(Boolean).join(" · ")),
      href: endpointLink(tenant ?? "", id),
    }));
}
