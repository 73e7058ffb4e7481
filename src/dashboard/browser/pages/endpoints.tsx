import type { Answer } from "../api.ts";
import { EVERY } from "../live.ts";
import { Curl } from "../parts/curl.tsx";
import { type Filter, Filters, useFilters } from "../parts/filters.tsx";
import { count, duration, visible } from "../parts/format.ts";
import { Icon } from "../parts/icons.tsx";
import { Page } from "../parts/page.tsx";
import { Empty, Shown } from "../parts/shown.tsx";
import { endpointLink, tenantLink } from "../parts/signed-in.tsx";
import { FreshRows, useSteady } from "../parts/steady.tsx";
import { type Column, Pager, Table } from "../parts/table.tsx";
import { useRead } from "../query.ts";
import { usePlace } from "../router.ts";
import { w } from "../words/words.ts";
import { ENDPOINTS, targetOf } from "./endpoint/form.ts";
import { Budget, Condition, LastDay, nameOf } from "./endpoint/summary.tsx";

type ListedEndpoint = Answer<typeof ENDPOINTS>["data"][number];

/** Endpoints of a tenant, newest first, with their health. */
export function EndpointsPage({ params: { tenant = "" } }: { params: Readonly<Record<string, string>> }) {
  const cursor = usePlace().query.get("cursor") ?? undefined;
  const { channels } = w.endpoints;
  const filters: Filter[] = [
    { name: "state", label: w.endpoints.state, options: optionsOf(w.endpointStates) },
    { name: "channel", label: w.endpoints.channel, options: optionsOf(channels) },
  ];
  const query = useFilters(filters);
  const reading = useRead(ENDPOINTS, {
    params: { tenant },
    query: { ...query, cursor, with: "health", limit: 25 },
    every: cursor === undefined ? EVERY.tail : undefined,
  });
  const steady = useSteady(reading.data?.data ?? [], ({ id }) => id);
  const isFiltered = Object.values(query).some(Boolean) || cursor !== undefined;
  return (
    <Page title={w.endpoints.title} actions={<AddLink tenant={tenant} />}>
      <Filters filters={filters} />
      <Shown reading={reading}>
        {({ data, nextCursor }) =>
          data.length === 0 ? (
            <NoEndpoints {...{ tenant, isFiltered }} />
          ) : (
            <>
              <FreshRows steady={steady} />
              <Table
                label={w.endpoints.title}
                rows={steady.rows}
                keyOf={({ id }) => id}
                hrefOf={({ id }) => endpointLink(tenant, id)}
                columns={columns()}
              />
              <Pager next={nextCursor} />
            </>
          )
        }
      </Shown>
    </Page>
  );
}

/** Choices of a filter, by their words. */
export function optionsOf(words: Readonly<Record<string, string>>): { value: string; label: string }[] {
  return Object.entries(words).map(([value, label]) => ({ value, label }));
}

function columns(): Column<ListedEndpoint>[] {
  return [
    {
      name: w.endpoints.endpoint,
      cell: (endpoint) => (
        <div>
          <strong>{nameOf(endpoint)}</strong>
          {endpoint.description && <div class="small">{visible(targetOf(endpoint) ?? "")}</div>}
        </div>
      ),
    },
    { name: w.endpoints.channel, cell: ({ channel }) => <Channel channel={channel} /> },
    { name: w.endpoints.types, cell: ({ eventTypes }) => <Types types={eventTypes} /> },
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
        const p95 = health?.lastDay.durationMs.p95;
        return p95 === null || p95 === undefined ? "–" : duration(p95);
      },
    },
    {
      name: w.endpoints.waiting,
      isNumber: true,
      cell: ({ health }) => health && count(health.waiting.count, health.waiting.capped),
    },
    { name: w.endpoints.budget, cell: ({ health }) => health && <Budget failing={health.failing} /> },
  ];
}

/** Name of a channel. */
export function Channel({ channel }: { channel: keyof typeof w.endpoints.channels }) {
  return <span class="nowrap">{w.endpoints.channels[channel]}</span>;
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

function AddLink({ tenant }: { tenant: string }) {
  return (
    <a class="button primary" href={tenantLink(tenant, ["endpoints", "new"])}>
      <Icon name="plus" />
      {w.endpoints.add}
    </a>
  );
}

function NoEndpoints({ tenant, isFiltered }: { tenant: string; isFiltered: boolean }) {
  if (isFiltered) return <Empty title={w.endpoints.noneMatches} />;
  return (
    <Empty title={w.endpoints.none}>
      <p>{w.endpoints.noneDetail}</p>
      <AddLink tenant={tenant} />
      <Curl
        method="POST"
        path={`v1/tenants/${tenant}/endpoints`}
        body={{ channel: "webhook", url: "https://example.com/webhooks" }}
      />
    </Empty>
  );
}
