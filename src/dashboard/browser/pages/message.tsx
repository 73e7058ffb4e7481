import { useRef } from "preact/hooks";
import { SURFACE } from "../base.ts";
import { EVERY } from "../live.ts";
import { ActLines } from "../parts/act.tsx";
import { Id } from "../parts/copy.tsx";
import { type Delivery, type Message, sentenceOf } from "../parts/delivery.ts";
import { type Endpoints, useEndpoints } from "../parts/endpoints.ts";
import { Facts } from "../parts/facts.tsx";
import { bytes, count, visible } from "../parts/format.ts";
import { Intervention } from "../parts/interventions.tsx";
import { Json } from "../parts/json.tsx";
import { EndpointState } from "../parts/marks.tsx";
import { Page, Section } from "../parts/page.tsx";
import { Empty, Shown } from "../parts/shown.tsx";
import { endpointLink, tenantLink } from "../parts/signed-in.tsx";
import { Table } from "../parts/table.tsx";
import { Time, useNow } from "../parts/time.tsx";
import { Timeline } from "../parts/timeline.tsx";
import { useRead } from "../query.ts";
import { w } from "../words/words.ts";
import { DeliveryCards } from "./delivery-cards.tsx";
import { EmailContent, EmailParts, emailIn } from "./email-content.tsx";

/** A message: what became of it, drawn and told, and what can be done about it. */
export function MessagePage({
  params: { tenant = "", message = "" },
}: {
  params: Readonly<Record<string, string>>;
}) {
  const address = ["/v1/tenants/{tenant}/messages/{message}", { params: { tenant, message } }] as const;
  const { data: known } = useRead(...address);
  const isOpen = known?.deliveries.some(({ settledAt }) => settledAt === null);
  const reading = useRead(address[0], { ...address[1], every: isOpen ? EVERY.open : undefined });
  const endpoints = useEndpoints(tenant);
  const isGone = reading.error?.code === "message_not_found" && !reading.data;
  return (
    <Page
      title={reading.data ? titleOf(reading.data, endpoints) : w.messages.id}
      above={[{ name: w.messages.title, href: tenantLink(tenant, ["messages"]) }]}
      actions={reading.data && <Actions tenant={tenant} message={reading.data} />}
    >
      {isGone ? (
        <Empty title={w.message.gone}>
          <p>{w.message.goneDetail}</p>
        </Empty>
      ) : (
        <Shown reading={reading} lines={8}>
          {(data) => <Whole {...{ tenant, endpoints }} message={data} />}
        </Shown>
      )}
    </Page>
  );
}

/** An e-mail's subject, or the handler of work; else the event type. */
function titleOf({ eventType, payload, deliveries }: Message, endpoints: Endpoints): string {
  const subject = emailIn(payload, deliveries)?.["subject"];
  if (typeof subject === "string" && subject !== "") return visible(subject);
  const [only] = deliveries;
  if (eventType !== "work" || !only) return eventType;
  return `${eventType}: ${endpoints.nameOf(only.endpointId)}`;
}

interface WholeProps {
  tenant: string;
  message: Message;
  endpoints: Endpoints;
}

/** Deliveries of which a person may have to think come first. */
const RANKS = ["dead", "pending", "leased", "cancelled", "delivered"];

/** The order of the deliveries, which stays as it was at first, so that no lane moves. */
function useOrdered(message: Message): Message {
  const rankOf = useRef(
    new Map(message.deliveries.map(({ endpointId, state }) => [endpointId, RANKS.indexOf(state)])),
  );
  const rank = ({ endpointId }: Delivery) => rankOf.current.get(endpointId) ?? 0;
  return {
    ...message,
    deliveries: message.deliveries.toSorted((one, other) => rank(one) - rank(other)),
  };
}

function Whole({ tenant, message: read, endpoints }: WholeProps) {
  const message = useOrdered(read);
  const isOpen = message.deliveries.some(({ settledAt }) => settledAt === null);
  const now = useNow(isOpen ? 1000 : 60_000);
  const { text, tone } = sentenceOf(message, endpoints.nameOf, now);
  const email = emailIn(message.payload, message.deliveries);
  return (
    <>
      <section class={`panel message ${tone}`} aria-label={w.messages.id}>
        <p class="sentence">{text}</p>
        <Head tenant={tenant} message={message} />
      </section>
      {message.deliveries.length === 0 ? (
        <Nobody {...{ tenant, message, endpoints }} />
      ) : (
        <>
          <Timeline message={message} nameOf={endpoints.nameOf} now={now} />
          <DeliveryCards {...{ tenant, message, endpoints, now }} />
        </>
      )}
      {SURFACE === "ui" && <Acts {...{ tenant, message, endpoints }} />}
      {email && <EmailContent email={email} content={message.content} />}
      {email && <EmailParts email={email} />}
      <Section title={w.message.payload}>
        <Json value={message.payload} label={w.message.payload} />
      </Section>
    </>
  );
}

/** Acts that are shown, the newest. */
const ACTS = 10;

/** Who has replayed, cancelled, skipped or dismissed its deliveries, and when: as far as the requests named the message. */
function Acts({ tenant, message: { id, committedAt }, endpoints }: WholeProps) {
  const query = { tenantId: tenant, messageId: id, since: committedAt, limit: ACTS };
  const reading = useRead("/v1/audit", { query, every: EVERY.lists });
  if (!reading.error && !reading.data?.data.length && !reading.data?.nextCursor) return null;
  return (
    <Section title={w.message.acts}>
      <Shown reading={reading}>
        {({ data, nextCursor }) => (
          <>
            <ActLines
              acts={data}
              of={({ subject: { endpoint } }) => endpoint !== undefined && endpoints.nameOf(endpoint)}
            />
            {nextCursor && <a href={tenantLink(tenant, ["acts"])}>{w.overview.all}</a>}
          </>
        )}
      </Shown>
    </Section>
  );
}

function Head({ tenant, message }: Omit<WholeProps, "endpoints">) {
  const { id, sequence, committedAt, deliverAt, orderingKey, traceparent, payload } = message;
  const [, trace] = traceparent?.split("-") ?? [];
  return (
    <Facts
      facts={[
        [w.messages.id, <Id key="id" id={id} of={w.messages.id} />],
        [w.messages.committed, <Time key="at" at={committedAt} />],
        [w.message.sequence, count(sequence)],
        [
          w.messages.orderingKey,
          orderingKey && (
            <a href={tenantLink(tenant, ["messages"], { orderingKey })}>{visible(orderingKey)}</a>
          ),
        ],
        [w.message.deliverAt, deliverAt && <Time key="on" at={deliverAt} />],
        [w.message.trace, trace && <Id key="trace" id={trace} of={w.message.trace} />],
        [w.message.size, bytes(new TextEncoder().encode(JSON.stringify(payload)).length)],
      ]}
    />
  );
}

function Actions({ tenant, message: { id, deliveries, content } }: { tenant: string; message: Message }) {
  const subjects = deliveries.map((delivery) => ({ ...delivery, messageId: id }));
  const settled = subjects.filter(({ settledAt }) => settledAt !== null);
  const left = subjects.filter(({ settledAt }) => settledAt === null);
  return (
    <>
      {left.length > 0 && (
        <Intervention kind="cancel" tenant={tenant} subjects={left} label={w.message.cancelLeft} />
      )}
      {settled.length > 0 && content !== "wiped" && (
        <Intervention kind="replay" tenant={tenant} subjects={settled} label={w.message.replayAll} />
      )}
      {content === null && (
        <a class="button" href={tenantLink(tenant, ["messages", "new"], { from: id })}>
          {w.message.again}
        </a>
      )}
    </>
  );
}

/** The endpoints of now, for a message that went to none. */
function Nobody({ tenant, message, endpoints }: WholeProps) {
  return (
    <Section title={w.nav.endpoints}>
      <div class="stack">
        <p>{w.message.subscribers(message.eventType)}</p>
        {endpoints.list.length === 0 ? (
          <p>{w.message.noEndpoints}</p>
        ) : (
          <Table
            label={w.nav.endpoints}
            rows={endpoints.list}
            keyOf={({ id }) => id}
            hrefOf={({ id }) => endpointLink(tenant, id)}
            columns={[
              { name: w.messages.endpoint, cell: ({ id }) => endpoints.nameOf(id) },
              { name: w.messages.state, cell: ({ state }) => <EndpointState state={state} /> },
              {
                name: w.nav.types,
                cell: ({ eventTypes }) => eventTypes?.map(visible).join(", ") ?? w.message.everyType,
              },
            ]}
          />
        )}
      </div>
    </Section>
  );
}
