import type { Answer } from "../api.ts";
import { SURFACE } from "../base.ts";
import { EVERY } from "../live.ts";
import { Lenient, SkipAll } from "../parts/blocked-actions.tsx";
import { Curl } from "../parts/curl.tsx";
import { type Endpoints, useEndpoints } from "../parts/endpoints.ts";
import { type Filter, Filters, useFilters } from "../parts/filters.tsx";
import { count, visible } from "../parts/format.ts";
import { Nothing } from "../parts/list.tsx";
import { Page, Section } from "../parts/page.tsx";
import { Shown } from "../parts/shown.tsx";
import { endpointLink, tenantLink } from "../parts/signed-in.tsx";
import { Pager, Table } from "../parts/table.tsx";
import { Age } from "../parts/time.tsx";
import { Excerpt, Why } from "../parts/why.tsx";
import { useRead } from "../query.ts";
import { usePlace } from "../router.ts";
import { w } from "../words/words.ts";
import { BlockedKeyPage } from "./blocked-key.tsx";

type Key = Answer<"/v1/tenants/{tenant}/blocked-keys">["data"][number];
/** Deliveries behind a head that the API counts, at most. */
const WAITING = 1000;

/** Ordering keys that a dead delivery blocks, by endpoint; or one of them, which the address names. */
export function BlockedPage({ params: { tenant = "" } }: { params: Readonly<Record<string, string>> }) {
  const { query } = usePlace();
  const [endpoint, key] = [query.get("endpointId"), query.get("orderingKey")];
  if (endpoint === null || key === null) return <BlockedKeys tenant={tenant} />;
  return (
    <BlockedKeyPage key={`${endpoint} ${key}`} tenant={tenant} endpointId={endpoint} orderingKey={key} />
  );
}

function BlockedKeys({ tenant }: { tenant: string }) {
  const endpoints = useEndpoints(tenant);
  const filters: Filter[] = [{ name: "endpointId", label: w.messages.endpoint, options: endpoints.options }];
  const cursor = usePlace().query.get("cursor") ?? undefined;
  const reading = useRead("/v1/tenants/{tenant}/blocked-keys", {
    params: { tenant },
    query: { ...useFilters(filters), cursor, limit: 100 },
    every: EVERY.lists,
  });
  return (
    <Page title={w.blocked.title}>
      <Filters filters={filters} />
      <Shown reading={reading}>
        {({ data, nextCursor }) =>
          data.length === 0 ? (
            <Nothing none={w.blocked.none} filters={filters} next={nextCursor}>
              <p>{w.blocked.noneDetail}</p>
              <Curl method="GET" path={`v1/tenants/${tenant}/blocked-keys`} />
            </Nothing>
          ) : (
            <>
              {[...Map.groupBy(data, ({ endpointId }) => endpointId)].map(([id, keys]) => (
                <KeysOf key={id} {...{ tenant, endpoints, id, keys, isMore: nextCursor !== null }} />
              ))}
              <Pager next={nextCursor} />
            </>
          )
        }
      </Shown>
    </Page>
  );
}

interface OfEndpoint {
  tenant: string;
  endpoints: Endpoints;
  id: string;
  keys: readonly Key[];
  isMore: boolean;
}

function KeysOf({ tenant, endpoints, id, keys, isMore }: OfEndpoint) {
  const name = endpoints.nameOf(id);
  return (
    <Section
      title={<a href={endpointLink(tenant, id)}>{name}</a>}
      aside={
        <div class="row">
          <span class="small">
            {w.blocked.keys(count(keys.length, isMore), keys.length === 1 && !isMore)}
          </span>
          <SkipAll {...{ tenant, name, endpoint: id }} />
          {SURFACE === "ui" && <Lenient {...{ tenant, name, endpoint: id }} />}
        </div>
      }
    >
      <Table
        label={`${w.blocked.title}: ${name}`}
        rows={keys}
        keyOf={({ orderingKey }) => orderingKey}
        hrefOf={({ orderingKey }) => tenantLink(tenant, ["blocked"], { endpointId: id, orderingKey })}
        columns={[
          { name: w.blocked.key, cell: ({ orderingKey }) => <code>{visible(orderingKey)}</code> },
          {
            name: w.blocked.waiting,
            isNumber: true,
            cell: ({ waiting }) => count(waiting, waiting >= WAITING),
          },
          { name: w.blocked.since, cell: ({ blockedSince }) => <Age since={blockedSince} /> },
          {
            name: w.blocked.head,
            cell: ({ head }) => (
              <div>
                <span class="why">
                  {visible(head.eventType)} <Why result={head} />
                </span>
                <Excerpt text={head.responseExcerpt} />
              </div>
            ),
          },
        ]}
      />
    </Section>
  );
}
