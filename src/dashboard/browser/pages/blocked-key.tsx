import type { Answer } from "../api.ts";
import { SURFACE } from "../base.ts";
import { EVERY } from "../live.ts";
import { HeadAction, Lenient } from "../parts/blocked-actions.tsx";
import { Id } from "../parts/copy.tsx";
import { useEndpoints } from "../parts/endpoints.ts";
import { Facts } from "../parts/facts.tsx";
import { count, visible } from "../parts/format.ts";
import { DeliveryState } from "../parts/marks.tsx";
import { Page, Section } from "../parts/page.tsx";
import { Empty, Shown } from "../parts/shown.tsx";
import { endpointLink, messageLink, tenantLink } from "../parts/signed-in.tsx";
import { Pager, Table } from "../parts/table.tsx";
import { Time } from "../parts/time.tsx";
import { Why } from "../parts/why.tsx";
import { useRead } from "../query.ts";
import { usePlace } from "../router.ts";
import { w } from "../words/words.ts";
import { committedColumn, messageColumn } from "./lists.tsx";

type Delivery = Answer<"/v1/tenants/{tenant}/blocked-keys/deliveries">["data"][number];
interface OfKey {
  tenant: string;
  endpointId: string;
  orderingKey: string;
}

/** An ordering key of an endpoint: the dead delivery that blocks it, and those behind it in their order. */
export function BlockedKeyPage({ tenant, endpointId, orderingKey }: OfKey) {
  const name = useEndpoints(tenant).nameOf(endpointId);
  const cursor = usePlace().query.get("cursor") ?? undefined;
  const query = { endpointId, orderingKey, limit: 100 };
  const path = "/v1/tenants/{tenant}/blocked-keys/deliveries";
  const first = useRead(path, { params: { tenant }, query, every: EVERY.open });
  const page = useRead(cursor === undefined ? undefined : path, {
    params: { tenant },
    query: { ...query, cursor },
  });
  const head = first.data?.data.find(({ blocksKey }) => blocksKey);
  const above = [{ name: w.blocked.title, href: tenantLink(tenant, ["blocked"]) }];
  return (
    <Page title={w.blocked.keyTitle(visible(orderingKey))} above={above}>
      <Shown reading={first}>
        {() =>
          head ? (
            <Head {...{ tenant, head, name }} />
          ) : (
            <Empty title={w.blocked.free}>
              <a href={tenantLink(tenant, ["blocked"])}>{w.blocked.title}</a>
            </Empty>
          )
        }
      </Shown>
      <Shown reading={cursor === undefined ? first : page}>
        {({ data, nextCursor }) => (
          <Line
            tenant={tenant}
            line={data.filter((one) => one !== head)}
            next={nextCursor}
            isBlocked={!!head}
          />
        )}
      </Shown>
    </Page>
  );
}

function Head({ tenant, head, name }: { tenant: string; head: Delivery; name: string }) {
  const shared = { tenant, message: head.messageId, endpoint: head.endpointId };
  return (
    <Section
      title={w.blocked.head}
      aside={
        <div class="row">
          <HeadAction kind="replay" {...shared} />
          <HeadAction kind="skip" {...shared} />
          <HeadAction kind="dismiss" {...shared} />
          {SURFACE === "ui" && <Lenient tenant={tenant} endpoint={head.endpointId} name={name} />}
        </div>
      }
    >
      <div class="stack">
        <Facts
          facts={[
            [w.messages.endpoint, <a href={endpointLink(tenant, head.endpointId)}>{name}</a>],
            [w.messages.id, <Id id={head.messageId} href={messageLink(tenant, head.messageId)} />],
            [w.messages.eventType, visible(head.eventType)],
            [w.blocked.since, head.settledAt && <Time at={head.settledAt} />],
            [w.dead.attempts, count(head.attempts)],
            [w.dead.why, <Why result={head} />],
          ]}
        />
        {head.responseExcerpt && (
          <div>
            <h3>{w.blocked.lastSaid}</h3>
            <pre>{visible(head.responseExcerpt)}</pre>
          </div>
        )}
      </div>
    </Section>
  );
}

interface LineProps {
  tenant: string;
  line: readonly Delivery[];
  next: string | null;
  isBlocked: boolean;
}

function Line({ tenant, line, next, isBlocked }: LineProps) {
  if (line.length === 0) return isBlocked ? <p class="small">{w.blocked.noLine}</p> : null;
  return (
    <Section
      title={w.blocked.line}
      aside={
        <span class="small">{next ? w.blocked.lineMore(count(line.length)) : w.blocked.lineDetail}</span>
      }
    >
      <Table
        label={w.blocked.line}
        rows={line}
        keyOf={({ messageId }) => messageId}
        hrefOf={({ messageId }) => messageLink(tenant, messageId)}
        columns={[
          messageColumn(),
          { name: w.messages.state, cell: ({ state }) => <DeliveryState state={state} /> },
          {
            name: w.blocked.waitsFor,
            cell: ({ waitingFor, ...one }) => {
              if (waitingFor === null) return <Why result={one} />;
              if (waitingFor === "underWay") return null;
              return waitingFor === "blockedKey" ? w.blocked.theHead : w.waits[waitingFor];
            },
          },
          committedColumn(),
        ]}
      />
      <Pager next={next} />
    </Section>
  );
}
