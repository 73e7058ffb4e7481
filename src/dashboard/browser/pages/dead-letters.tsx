import { useEffect, useState } from "preact/hooks";
import type { Answer } from "../api.ts";
import { LIMITS } from "../constants.gen.ts";
import { EVERY } from "../live.ts";
import { Curl } from "../parts/curl.tsx";
import { DeadAction, type Selection } from "../parts/dead-action.tsx";
import { type Endpoints, useEndpoints } from "../parts/endpoints.ts";
import { useEventTypes } from "../parts/event-types.ts";
import { type Filter, Filters, useFilters } from "../parts/filters.tsx";
import { count } from "../parts/format.ts";
import { GroupList } from "../parts/groups.tsx";
import { List } from "../parts/list.tsx";
import { Page, Section } from "../parts/page.tsx";
import { endpointLink, messageLink, tenantLink } from "../parts/signed-in.tsx";
import { Time } from "../parts/time.tsx";
import { type Reading, useRead } from "../query.ts";
import { usePlace } from "../router.ts";
import { w } from "../words/words.ts";
import { choices, defined, messageColumn, ofSpan, whyColumn } from "./lists.tsx";

type Letters = Answer<"/v1/tenants/{tenant}/dead-letters">;
type Group = Answer<"/v1/tenants/{tenant}/dead-letters/groups">["data"][number];
type Query = Readonly<Record<string, string | undefined>>;

/** Dead letters of a tenant: those that died alike, and one by one. */
export function DeadLettersPage({ params: { tenant = "" } }: { params: Readonly<Record<string, string>> }) {
  const endpoints = useEndpoints(tenant);
  const filters = filtersFor(
    endpoints,
    useEventTypes(tenant).map(({ name }) => name),
  );
  const query = useFilters(filters);
  const params = { tenant };
  const cursor = usePlace().query.get("cursor") ?? undefined;
  const every = cursor === undefined ? EVERY.lists : undefined;
  const groups = useRead("/v1/tenants/{tenant}/dead-letters/groups", { params, query, every: EVERY.lists });
  const list = useRead("/v1/tenants/{tenant}/dead-letters", { params, query: { ...query, cursor }, every });
  const known = { tenant, endpoints };
  const found = groups.data?.data ?? [];
  return (
    <Page
      title={w.dead.title}
      actions={found.length > 0 && <AllActions {...known} query={query} groups={found} />}
    >
      <Filters filters={filters} />
      {found.length > 0 && (
        <>
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
          <h2 class="list-head">{w.dead.list}</h2>
        </>
      )}
      <Letters {...known} reading={list} filters={filters} scope={JSON.stringify(query)} />
    </Page>
  );
}

const keyOf = ({ messageId, endpointId }: { messageId: string; endpointId: string }) =>
  `${messageId} ${endpointId}`;

function filtersFor({ options }: Endpoints, types: readonly string[]): Filter[] {
  const { exhausted, given_up, gone, poison, suppressed, uncertain } = w.reasons;
  return [
    { name: "endpointId", label: w.messages.endpoint, options },
    { name: "eventType", label: w.messages.eventType, offers: types },
    { name: "channel", label: w.messages.channel, options: choices(w.channels) },
    {
      name: "reason",
      label: w.dead.reason,
      options: choices({ exhausted, given_up, gone, poison, suppressed, uncertain }),
    },
    { name: "error", label: w.dead.error, offers: Object.keys(w.errors) },
    { name: "httpStatus", label: w.dead.status, size: 4 },
    ...ofSpan(),
  ];
}

/** The filters, as a replay or a dismissal takes them: null is none. */
function selectionOf(query: Query): Selection {
  const { endpointId, eventType, channel, since, until, reason, error, httpStatus } = query;
  return {
    endpointId: endpointId ?? null,
    channel: (channel ?? null) as NonNullable<Selection["channel"]> | null,
    eventTypes: eventType === undefined ? null : [eventType],
    result: {
      ...(reason !== undefined && { reason }),
      ...(error !== undefined && { error }),
      ...(httpStatus !== undefined && { httpStatus: Number(httpStatus) }),
    },
    since: since ?? null,
    until: until ?? null,
  };
}

interface Known {
  tenant: string;
  endpoints: Endpoints;
}

function AllActions({ query, groups, ...known }: Known & { query: Query; groups: readonly Group[] }) {
  const of = selectionOf(query);
  const label = Object.values(query).some(Boolean) ? "matching" : "all";
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
  return (
    <>
      <a
        class="button"
        href={tenantLink(known.tenant, ["dead"], { ...query, endpointId, ...defined(result) })}
      >
        {w.dead.show}
      </a>
      <Both
        tenant={known.tenant}
        of={{ ...selectionOf(query), endpointId, result: { ...result, reason: result.reason ?? "" } }}
        name={known.endpoints.nameOf(endpointId)}
        endpointIds={[endpointId]}
      />
    </>
  );
}

interface BothProps {
  tenant: string;
  of: Selection;
  name?: string;
  endpointIds: readonly string[];
  labels?: readonly [replay: string, dismiss: string];
  done?: () => void;
}

function Both({ labels, ...shared }: BothProps) {
  return (
    <>
      <DeadAction kind="replay" {...shared} {...(labels && { label: labels[0], shortcut: "r" })} />
      <DeadAction kind="dismiss" {...shared} {...(labels && { label: labels[1] })} />
    </>
  );
}

interface LettersProps extends Known {
  reading: Reading<Letters>;
  filters: readonly Filter[];
  /** The filters in a text: those selected by other filters are not selected any more. */
  scope: string;
}

function Letters({ reading, filters, scope, ...known }: LettersProps) {
  const [chosen, choose] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => choose(new Set()), [scope]);
  const { tenant, endpoints } = known;
  return (
    <>
      <List
        reading={reading}
        filters={filters}
        none={w.dead.none}
        label={w.dead.list}
        keyOf={keyOf}
        hrefOf={({ messageId }) => messageLink(tenant, messageId)}
        selection={{ chosen, choose }}
        columns={[
          messageColumn(),
          { name: w.messages.endpoint, cell: ({ endpointId }) => endpoints.nameOf(endpointId) },
          whyColumn(),
          { name: w.dead.attempts, isNumber: true, cell: ({ attempts }) => count(attempts) },
          { name: w.dead.died, cell: ({ settledAt }) => <Time at={settledAt} /> },
          {
            name: w.dead.act,
            isAction: true,
            cell: ({ messageId, endpointId }) => (
              <DeadAction
                kind="replay"
                quiet
                tenant={tenant}
                of={{ deliveries: [{ messageId, endpointId }] }}
                endpointIds={[endpointId]}
              />
            ),
          },
        ]}
      >
        <p>{w.dead.noneDetail}</p>
        <Curl method="GET" path={`v1/tenants/${tenant}/dead-letters`} />
      </List>
      {chosen.size > 0 && <Chosen {...known} chosen={chosen} done={() => choose(new Set())} />}
    </>
  );
}

function Chosen({ chosen, ...known }: Known & { chosen: ReadonlySet<string>; done: () => void }) {
  const named = [...chosen].map((key) => {
    const [messageId = "", endpointId = ""] = key.split(" ");
    return { messageId, endpointId };
  });
  return (
    <div class="row chosen">
      <strong>{w.dead.chosen(count(named.length))}</strong>
      {named.length > LIMITS.deliveriesNamed ? (
        <span class="wrong">{w.dead.tooMany(count(LIMITS.deliveriesNamed))}</span>
      ) : (
        <Both {...known} of={{ deliveries: named }} endpointIds={named.map(({ endpointId }) => endpointId)} />
      )}
    </div>
  );
}
