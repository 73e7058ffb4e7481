import { EVERY } from "../live.ts";
import { type Act, CallerName, Operation } from "../parts/act.tsx";
import { type Filter, Filters, useFilters } from "../parts/filters.tsx";
import { count, visible } from "../parts/format.ts";
import { List } from "../parts/list.tsx";
import { Page } from "../parts/page.tsx";
import { endpointLink, messageLink, tenantLink } from "../parts/signed-in.tsx";
import type { Column } from "../parts/table.tsx";
import { Time } from "../parts/time.tsx";
import { useRead } from "../query.ts";
import { linkTo, usePlace } from "../router.ts";
import { w } from "../words/words.ts";

/** Administrative writes, newest first: of all tenants, or of one, even of a deleted one. */
export function ActsPage({ params: { tenant } }: { params: Readonly<Record<string, string>> }) {
  const cursor = usePlace().query.get("cursor") ?? undefined;
  const filters: Filter[] = [
    ...(tenant === undefined ? [{ name: "tenantId", label: w.audit.tenant }] : []),
    { name: "operation", label: w.audit.operation },
    {
      name: "caller",
      label: w.audit.caller,
      options: Object.entries(w.audit.callers).map(([value, label]) => ({ value, label })),
    },
    { name: "callerId", label: w.audit.callerId },
    { name: "since", label: w.audit.since, isInstant: true },
    { name: "until", label: w.audit.until, isInstant: true },
  ];
  const chosen = useFilters(filters);
  const reading = useRead("/v1/audit", {
    query: { tenantId: tenant, ...chosen, cursor },
    every: cursor === undefined ? EVERY.lists : undefined,
  });
  const columns: Column<Act>[] = [
    { name: w.audit.at, cell: ({ at }) => <Time at={at} /> },
    { name: w.audit.operation, cell: ({ operation }) => <Operation id={operation} /> },
    { name: w.audit.caller, cell: (act) => <Caller of={act} /> },
    { name: w.audit.subject, cell: (act) => <Subject of={act} /> },
    { name: w.audit.affected, isNumber: true, cell: ({ affected }) => count(affected) },
    { name: w.audit.address, cell: ({ address }) => address && <OneLine text={address} /> },
    {
      name: w.audit.request,
      cell: ({ requestId }) =>
        requestId && (
          <code class="one-line" title={visible(requestId)}>
            {visible(requestId.slice(0, 8))}
          </code>
        ),
    },
  ];
  const ofTenant: Column<Act> = {
    name: w.audit.tenant,
    cell: ({ tenantId }) => (
      <a href={linkTo(["t", tenantId])}>
        <OneLine text={tenantId} />
      </a>
    ),
  };
  return (
    <Page
      title={tenant === undefined ? w.audit.title : w.audit.titleOf(visible(tenant))}
      above={tenant === undefined ? [] : [{ name: visible(tenant), href: linkTo(["t", tenant]) }]}
    >
      <Filters filters={filters} />
      <List
        {...{ reading, filters }}
        label={w.audit.title}
        none={w.audit.none}
        keyOf={({ id }) => id}
        columns={tenant === undefined ? columns.toSpliced(3, 0, ofTenant) : columns}
      >
        <p>{w.audit.noneDetail}</p>
      </List>
    </Page>
  );
}

function OneLine({ text }: { text: string }) {
  return (
    <span class="one-line" title={visible(text)}>
      {visible(text)}
    </span>
  );
}

function Caller({ of }: { of: Act }) {
  const { caller, callerId, role } = of;
  return (
    <span class="nowrap">
      <CallerName of={of} /> <span class="small">{role ?? (callerId ? w.audit.callers[caller] : "")}</span>
    </span>
  );
}

/** The ids that an entry is about, each a link to its page. */
function Subject({ of: { tenantId, subject } }: { of: Act }) {
  const { endpoint, message, token, eventType, messages, secretRotated } = subject;
  const named: readonly [string, string][] = [
    ...(endpoint ? [[endpoint, endpointLink(tenantId, endpoint)] as [string, string]] : []),
    ...[message ?? [], messages ?? []]
      .flat()
      .map((one): [string, string] => [one, messageLink(tenantId, one)]),
    ...(token ? [[token, tenantLink(tenantId, ["tokens"])] as [string, string]] : []),
    ...(eventType ? [[eventType, tenantLink(tenantId, ["et", eventType])] as [string, string]] : []),
  ];
  if (named.length === 0) return null;
  return (
    <span class="marks">
      {named.slice(0, SUBJECTS).map(([id, href]) => (
        <a key={id} href={href}>
          <code>{visible(id)}</code>
        </a>
      ))}
      {named.length > SUBJECTS && <span class="small">+{count(named.length - SUBJECTS)}</span>}
      {secretRotated && <span class="small">{w.audit.rotated}</span>}
    </span>
  );
}

const SUBJECTS = 3;
