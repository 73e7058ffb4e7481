import { type Answer, write } from "../api.ts";
import { EVERY } from "../live.ts";
import { Action } from "../parts/action.tsx";
import { Curl } from "../parts/curl.tsx";
import { DeadAction } from "../parts/dead-action.tsx";
import { type Endpoints, useEndpoints } from "../parts/endpoints.ts";
import { type Filter, Filters, useFilters } from "../parts/filters.tsx";
import { count, duration } from "../parts/format.ts";
import { GroupList } from "../parts/groups.tsx";
import { List } from "../parts/list.tsx";
import { Outcome } from "../parts/marks.tsx";
import { callOnce, sentences } from "../parts/once.ts";
import { Page, Section } from "../parts/page.tsx";
import { Shown } from "../parts/shown.tsx";
import { endpointLink, messageLink, tenantLink, useRefusal } from "../parts/signed-in.tsx";
import { Time } from "../parts/time.tsx";
import { useRead } from "../query.ts";
import { usePlace } from "../router.ts";
import { w } from "../words/words.ts";
import { defined, messageColumn, ofSpan, whyColumn } from "./lists.tsx";

type Groups = Answer<"/v1/tenants/{tenant}/failures/groups">;
type Group = Groups["data"][number];
type Query = Readonly<Record<string, string | undefined>>;
interface Known {
  tenant: string;
  endpoints: Endpoints;
  query: Query;
}

/** Attempts of a tenant that failed: those that failed alike, and all as they came. */
export function FailuresPage({ params: { tenant = "" } }: { params: Readonly<Record<string, string>> }) {
  const endpoints = useEndpoints(tenant);
  const filters: Filter[] = [
    { name: "endpointId", label: w.messages.endpoint, options: endpoints.options },
    { name: "error", label: w.dead.error, offers: Object.keys(w.errors) },
    { name: "httpStatus", label: w.dead.status, size: 4 },
    ...ofSpan(),
  ];
  const known = { tenant, endpoints, query: useFilters(filters) };
  return (
    <Page title={w.failures.title}>
      <Filters filters={filters} />
      <FailureGroups {...known} />
      <Tail {...known} filters={filters} />
    </Page>
  );
}

function FailureGroups({ tenant, endpoints, query }: Known) {
  const { endpointId, since, until, error, httpStatus } = query;
  const reading = useRead("/v1/tenants/{tenant}/failures/groups", {
    params: { tenant },
    query: { endpointId, since, until },
    every: EVERY.tail,
  });
  const isWanted = ({ result }: Group) =>
    (error === undefined || result.error === error) &&
    (httpStatus === undefined || String(result.httpStatus) === httpStatus);
  return (
    <Section
      title={w.failures.groups}
      aside={<Span of={reading.data} isGiven={since !== undefined || until !== undefined} />}
    >
      <Shown reading={reading} lines={3}>
        {({ data, complete }) =>
          data.some(isWanted) ? (
            <GroupList
              label={w.failures.groups}
              groups={data.filter(isWanted)}
              note={!complete && w.dead.incomplete}
              title={({ endpointId }) => (
                <a href={endpointLink(tenant, endpointId)}>{endpoints.nameOf(endpointId)}</a>
              )}
              exampleHref={({ example }) => messageLink(tenant, example)}
              actions={(group) => <Actions {...{ tenant, endpoints, group }} />}
            />
          ) : (
            <p class="small">{noneOf(complete, since === undefined)}</p>
          )
        }
      </Shown>
    </Section>
  );
}

function noneOf(isComplete: boolean, isLastDay: boolean): string {
  if (!isComplete) return w.failures.noneCounted;
  return isLastDay ? w.failures.noneInSpan : w.failures.none;
}

function Span({ of, isGiven }: { of: Groups | undefined; isGiven: boolean }) {
  if (!of) return null;
  if (!isGiven) return <span class="small">{w.failures.lastDay}</span>;
  const { since, until } = of.span;
  return (
    <span class="small">
      <Time at={since} /> – <Time at={until} />
    </span>
  );
}

function Actions({ tenant, endpoints, group }: { tenant: string; endpoints: Endpoints; group: Group }) {
  const { endpointId, result } = group;
  return (
    <>
      {group.dead > 0 && (
        <>
          <a class="button" href={tenantLink(tenant, ["dead"], { endpointId, ...defined(result) })}>
            {w.failures.deadLetters}
          </a>
          <DeadAction
            kind="replay"
            tenant={tenant}
            of={{ endpointId, result }}
            name={endpoints.nameOf(endpointId)}
            label={w.failures.replay}
            endpointIds={[endpointId]}
          />
        </>
      )}
      <Pause tenant={tenant} endpoint={endpointId} endpoints={endpoints} />
    </>
  );
}

function Pause({ tenant, endpoint, endpoints }: { tenant: string; endpoint: string; endpoints: Endpoints }) {
  const lacking = useRefusal();
  const name = endpoints.nameOf(endpoint);
  const state = endpoints.get(endpoint)?.state;
  const already = {
    paused: w.failures.isPaused(name),
    disabled: w.failures.isDisabled(name),
    enabled: undefined,
  };
  return (
    <Action
      label={`${w.failures.pause} …`}
      verb={w.failures.pause}
      title={w.failures.pauseTitle(name)}
      refused={lacking ?? (state && already[state])}
      run={async (run) => {
        const path = "/v1/tenants/{tenant}/endpoints/{endpoint}/pause";
        const lost = await callOnce(run, (key) =>
          write("post", path, { params: { tenant, endpoint }, headers: { "idempotency-key": key } }),
        );
        return sentences(w.failures.paused(name), lost);
      }}
    >
      <p>{w.failures.pauseEffect}</p>
    </Action>
  );
}

function Tail({ tenant, endpoints, query, filters }: Known & { filters: readonly Filter[] }) {
  const cursor = usePlace().query.get("cursor") ?? undefined;
  const reading = useRead("/v1/tenants/{tenant}/failures", {
    params: { tenant },
    query: { ...query, cursor },
    every: cursor === undefined ? EVERY.lists : undefined,
  });
  return (
    <>
      {reading.data?.data.length !== 0 && <h2 class="list-head">{w.failures.list}</h2>}
      <List
        reading={reading}
        filters={filters}
        none={w.failures.none}
        label={w.failures.list}
        keyOf={({ messageId, endpointId, number }) => `${messageId} ${endpointId} ${number}`}
        hrefOf={({ messageId }) => messageLink(tenant, messageId)}
        columns={[
          messageColumn(),
          { name: w.messages.endpoint, cell: ({ endpointId }) => endpoints.nameOf(endpointId) },
          whyColumn(),
          {
            name: w.failures.attempt,
            isNumber: true,
            cell: ({ number }) => count(number),
          },
          { name: w.endpoints.took, isNumber: true, cell: ({ durationMs }) => duration(durationMs) },
          { name: w.failures.outcome, cell: ({ outcome }) => <Outcome outcome={outcome} /> },
          { name: w.failures.when, cell: ({ startedAt }) => <Time at={startedAt} /> },
        ]}
      >
        <p>{w.failures.noneDetail}</p>
        <Curl method="GET" path={`v1/tenants/${tenant}/failures`} />
      </List>
    </>
  );
}
