import { useEffect, useState } from "preact/hooks";
import type { Answer } from "../api.ts";
import { EVERY } from "../live.ts";
import { DeadAction, NAMED, type Selection } from "../parts/dead-action.tsx";
import { EmptyList } from "../parts/empty-list.tsx";
import { type Endpoints, useEndpoints } from "../parts/endpoints.ts";
import { type Filter, Filters, useFilters } from "../parts/filters.tsx";
import { count } from "../parts/format.ts";
import { GroupList } from "../parts/groups.tsx";
import { MessageCell } from "../parts/message-cell.tsx";
import { Page, Section } from "../parts/page.tsx";
import { Shown } from "../parts/shown.tsx";
import { endpointLink, messageLink, tenantLink } from "../parts/signed-in.tsx";
import { FreshRows, useSteady } from "../parts/steady.tsx";
import { Pager, Table } from "../parts/table.tsx";
import { Time } from "../parts/time.tsx";
import { Excerpt, Why } from "../parts/why.tsx";
import { useRead } from "../query.ts";
import { usePlace } from "../router.ts";
import { w } from "../words/words.ts";

type Letter = Answer<"/v1/tenants/{tenant}/dead-letters">["data"][number];
type Group = Answer<"/v1/tenants/{tenant}/dead-letters/groups">["data"][number];
type Query = Readonly<Record<string, string | undefined>>;

/** Dead letters of a tenant: those that died alike, and one by one. */
export function DeadLettersPage({ params: { tenant = "" } }: { params: Readonly<Record<string, string>> }) {
  const endpoints = useEndpoints(tenant);
  const filters = filtersFor(endpoints);
  const query = useFilters(filters);
  const params = { tenant };
  const cursor = usePlace().query.get("cursor") ?? undefined;
  const every = cursor === undefined ? EVERY.lists : undefined;
  const groups = useRead("/v1/tenants/{tenant}/dead-letters/groups", { params, query, every: EVERY.lists });
  const list = useRead("/v1/tenants/{tenant}/dead-letters", { params, query: { ...query, cursor }, every });
  const steady = useSteady(list.data?.data ?? [], keyOf);
  const known = { tenant, endpoints, done: steady.show };
  const found = groups.data?.data ?? [];
  return (
    <Page
      title={w.dead.title}
      actions={found.length > 0 && <AllActions {...known} query={query} groups={found} />}
    >
      <Filters filters={filters} />
      {found.length > 0 && (
        <Section title={w.dead.groups}>
          <GroupList
            label={w.dead.groups}
            groups={found}
            note={groups.data?.complete === false && w.dead.incomplete}
            title={({ endpointId }) => (
              <a href={endpointLink(tenant, endpointId)}>{endpoints.nameOf(endpointId)}</a>
            )}
            exampleHref={({ example }) => messageLink(tenant, example)}
            actions={(group) => <GroupActions {...known} query={query} group={group} />}
          />
        </Section>
      )}
      <Shown reading={list}>
        {({ data, nextCursor }) => (
          <>
            {data.length === 0 ? (
              <EmptyList
                title={w.dead.none}
                filters={filters}
                next={nextCursor}
                detail={w.dead.noneDetail}
                path={`v1/tenants/${tenant}/dead-letters`}
              />
            ) : (
              <>
                <h2 class="list-head">{w.dead.list}</h2>
                <FreshRows steady={steady} />
                <List {...known} rows={steady.rows} scope={JSON.stringify(query)} />
              </>
            )}
            <Pager next={nextCursor} />
          </>
        )}
      </Shown>
    </Page>
  );
}

const keyOf = ({ messageId, endpointId }: { messageId: string; endpointId: string }) =>
  `${messageId} ${endpointId}`;

function filtersFor({ options }: Endpoints): Filter[] {
  const choices = (all: Readonly<Record<string, string>>) =>
    Object.entries(all).map(([value, label]) => ({ value, label }));
  const { exhausted, given_up, gone, poison } = w.reasons;
  return [
    { name: "endpointId", label: w.dead.endpoint, options },
    { name: "eventType", label: w.dead.eventType },
    { name: "channel", label: w.dead.channel, options: choices(w.dead.channels) },
    { name: "reason", label: w.dead.reason, options: choices({ exhausted, given_up, gone, poison }) },
    { name: "error", label: w.dead.error, offers: Object.keys(w.errors) },
    { name: "httpStatus", label: w.dead.status, size: 4 },
    { name: "since", label: w.dead.since, isInstant: true },
    { name: "until", label: w.dead.until, isInstant: true },
  ];
}

/** The filters, as a replay or a dismissal takes them. */
function selectionOf({ endpointId, eventType, channel, since, until, reason, error, httpStatus }: Query) {
  const result = {
    ...(reason !== undefined && { reason }),
    ...(error !== undefined && { error }),
    ...(httpStatus !== undefined && { httpStatus: Number(httpStatus) }),
  };
  return {
    ...(endpointId !== undefined && { endpointId }),
    ...(channel !== undefined && { channel: channel as NonNullable<Selection["channel"]> }),
    ...(eventType !== undefined && { eventTypes: [eventType] }),
    ...(Object.keys(result).length > 0 && { result }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  };
}

interface Known {
  tenant: string;
  endpoints: Endpoints;
  done: () => void;
}

function AllActions({ query, groups, ...known }: Known & { query: Query; groups: readonly Group[] }) {
  const of = selectionOf(query);
  const label = Object.keys(of).length > 0 ? "matching" : "all";
  const endpointIds = groups.map(({ endpointId }) => endpointId);
  return (
    <Both
      {...known}
      of={of}
      endpointIds={endpointIds}
      labels={[w.dead.replay[label], w.dead.dismiss[label]]}
    />
  );
}

function GroupActions({ query, group, ...known }: Known & { query: Query; group: Group }) {
  const { endpointId, result } = group;
  const { reason, error, httpStatus } = result;
  const named = {
    reason: reason ?? undefined,
    error: error ?? undefined,
    httpStatus: httpStatus ?? undefined,
  };
  return (
    <>
      <a class="button" href={tenantLink(known.tenant, ["dead"], { ...query, endpointId, ...named })}>
        {w.dead.show}
      </a>
      <Both
        {...known}
        of={{ ...selectionOf(query), endpointId, result: { ...result, reason: reason ?? "" } }}
        name={known.endpoints.nameOf(endpointId)}
        endpointIds={[endpointId]}
      />
    </>
  );
}

interface BothProps extends Known {
  of: Selection;
  name?: string;
  endpointIds: readonly string[];
  labels?: readonly [replay: string, dismiss: string];
}

function Both({ labels, tenant, of, name, endpointIds, done }: BothProps) {
  const shared = { tenant, of, endpointIds, done, ...(name !== undefined && { name }) };
  return (
    <>
      <DeadAction kind="replay" {...shared} {...(labels && { label: labels[0] })} />
      <DeadAction kind="dismiss" {...shared} {...(labels && { label: labels[1] })} />
    </>
  );
}

function List({ rows, scope, ...known }: Known & { rows: readonly Letter[]; scope: string }) {
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => choose(new Set()), [scope]);
  const { tenant, endpoints, done } = known;
  const named = [...chosen].map((key) => {
    const [messageId = "", endpointId = ""] = key.split(" ");
    return { messageId, endpointId };
  });
  const chosenDone = () => {
    choose(new Set());
    done();
  };
  return (
    <>
      <Table
        label={w.dead.list}
        rows={rows}
        keyOf={keyOf}
        hrefOf={({ messageId }) => messageLink(tenant, messageId)}
        selection={{ chosen, choose }}
        columns={[
          { name: w.dead.message, cell: (one) => <MessageCell {...one} /> },
          { name: w.dead.endpoint, cell: ({ endpointId }) => endpoints.nameOf(endpointId) },
          {
            name: w.dead.why,
            cell: (one) => (
              <>
                <Why result={one} />
                <Excerpt text={one.responseExcerpt} />
              </>
            ),
          },
          { name: w.dead.attempts, isNumber: true, cell: ({ attempts }) => count(attempts) },
          { name: w.dead.died, cell: ({ settledAt }) => <Time at={settledAt} /> },
          {
            name: w.dead.act,
            cell: ({ messageId, endpointId }) => (
              <DeadAction
                kind="replay"
                quiet
                tenant={tenant}
                of={{ deliveries: [{ messageId, endpointId }] }}
                endpointIds={[endpointId]}
                done={done}
              />
            ),
          },
        ]}
      />
      <div class="row chosen" hidden={named.length === 0}>
        <strong>{w.dead.chosen(count(named.length))}</strong>
        {named.length > NAMED ? (
          <span class="wrong">{w.dead.tooMany(count(NAMED))}</span>
        ) : (
          <Both
            {...known}
            of={{ deliveries: named }}
            endpointIds={named.map(({ endpointId }) => endpointId)}
            done={chosenDone}
          />
        )}
      </div>
    </>
  );
}
