import type { Answer } from "../api.ts";
import { EVERY } from "../live.ts";
import { Curl } from "../parts/curl.tsx";
import { nameOfEndpoint } from "../parts/endpoints.ts";
import { type Filter, Filters, useFilters } from "../parts/filters.tsx";
import { count, duration, visible } from "../parts/format.ts";
import { Icon } from "../parts/icons.tsx";
import { List } from "../parts/list.tsx";
import { Page, WayTo } from "../parts/page.tsx";
import { endpointLink, tenantLink, useRefusal } from "../parts/signed-in.tsx";
import type { Column } from "../parts/table.tsx";
import { useRead } from "../query.ts";
import { usePlace } from "../router.ts";
import { w } from "../words/words.ts";
import { targetOf } from "./endpoint/form.ts";
import { ENDPOINTS } from "./endpoint/paths.ts";
import { Condition, FailureBudget, LastDay } from "./endpoint/summary.tsx";
import { choices } from "./lists.tsx";

type ListedEndpoint = Answer<typeof ENDPOINTS>["data"][number];

/** Attempts from which on one of twenty tells something of the others. */
const LEAST_FOR_P95 = 20;

const FIRST = { channel: "webhook", url: "https://example.com/webhooks" };

/** Endpoints of a tenant, newest first, with their health. */
export function EndpointsPage({ params: { tenant = "" } }: { params: Readonly<Record<string, string>> }) {
  const cursor = usePlace().query.get("cursor") ?? undefined;
  const filters: Filter[] = [
    { name: "state", label: w.endpoints.state, options: choices(w.endpointStates) },
    { name: "channel", label: w.dead.channel, options: choices(w.dead.channels) },
  ];
  const query = useFilters(filters);
  const reading = useRead(ENDPOINTS, {
    params: { tenant },
    query: { ...query, cursor, with: "health", limit: 25 },
    every: cursor === undefined ? EVERY.tail : undefined,
  });
  return (
    <Page title={w.nav.endpoints} actions={<Add tenant={tenant} />}>
      <Filters filters={filters} />
      <List
        label={w.nav.endpoints}
        none={w.endpoints.none}
        keyOf={({ id }) => id}
        hrefOf={({ id }) => endpointLink(tenant, id)}
        columns={columns()}
        {...{ reading, filters }}
      >
        <p>{w.endpoints.noneDetail}</p>
        <Add tenant={tenant} />
        <Curl method="POST" path={`v1/tenants/${tenant}/endpoints`} body={FIRST} />
      </List>
    </Page>
  );
}

function columns(): Column<ListedEndpoint>[] {
  return [
    {
      name: w.dead.endpoint,
      cell: (endpoint) => (
        <div>
          <strong>{nameOfEndpoint(endpoint)}</strong>
          {endpoint.description && <div class="small">{visible(targetOf(endpoint) ?? "")}</div>}
        </div>
      ),
    },
    { name: w.dead.channel, cell: ({ channel }) => <Channel channel={channel} /> },
    { name: w.nav.types, cell: ({ eventTypes }) => <Types types={eventTypes} /> },
    ...healthColumns(),
  ];
}

/** Columns that tell how an endpoint does. */
export function healthColumns(): Column<ListedEndpoint>[] {
  return [
    {
      name: w.endpoints.state,
      cell: (endpoint) => <Condition endpoint={endpoint} health={endpoint.health} />,
    },
    { name: w.endpoints.lastDay, cell: ({ health }) => health && <LastDay health={health} /> },
    {
      name: w.endpoints.p95,
      isNumber: true,
      cell: ({ health }) => {
        if (!health) return "–";
        const { durationMs, delivered, retried, dead } = health.lastDay;
        const isKnown = delivered + retried + dead >= LEAST_FOR_P95 && durationMs.p95 !== null;
        return isKnown ? duration(durationMs.p95 ?? 0) : "–";
      },
    },
    {
      name: w.endpoints.waiting,
      isNumber: true,
      cell: ({ health }) => health && count(health.waiting.count, health.waiting.capped),
    },
    { name: w.endpoints.budget, cell: ({ health }) => health && <FailureBudget failing={health.failing} /> },
  ];
}

/** Name of a channel. */
export function Channel({ channel }: { channel: keyof typeof w.dead.channels }) {
  return <span class="nowrap">{w.dead.channels[channel]}</span>;
}

const SHOWN_TYPES = 2;

function Types({ types }: { types: readonly string[] | null }) {
  if (types === null) return w.endpoints.allTypes;
  const rest = types.slice(SHOWN_TYPES);
  return (
    <span class="types" title={rest.length > 0 ? visible(types.join("\n")) : undefined}>
      {types.slice(0, SHOWN_TYPES).map((type) => (
        <code key={type}>{visible(type)}</code>
      ))}
      {rest.length > 0 && w.endpoints.moreTypes(rest.length)}
    </span>
  );
}

function Add({ tenant }: { tenant: string }) {
  return (
    <WayTo href={tenantLink(tenant, ["endpoints", "new"])} refused={useRefusal()} isFirst>
      <Icon name="plus" />
      {w.endpoints.add}
    </WayTo>
  );
}
