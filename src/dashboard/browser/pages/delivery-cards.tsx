import { useState } from "preact/hooks";
import { isChat } from "../parts/chat.ts";
import { Copy } from "../parts/copy.tsx";
import { type Attempt, type Delivery, endOf, type Message, waitOf } from "../parts/delivery.ts";
import type { Endpoints } from "../parts/endpoints.ts";
import { visible } from "../parts/format.ts";
import { Intervention, KINDS, suits } from "../parts/interventions.tsx";
import { DeliveryState } from "../parts/marks.tsx";
import { endpointLink, tenantLink } from "../parts/signed-in.tsx";
import { curlOf, maySign } from "../parts/webhook-curl.ts";
import { w } from "../words/words.ts";
import { AttemptItem } from "./attempt-item.tsx";
import { Recipients } from "./recipients.tsx";

interface CardsProps {
  tenant: string;
  message: Message;
  endpoints: Endpoints;
  now: number;
}

/** Deliveries of up to this many endpoints are shown unfolded. */
const UNFOLDED = 3;

/** Deliveries of a message, a card for each. */
export function DeliveryCards({ message, ...rest }: CardsProps) {
  const { deliveries } = message;
  return (
    <section class="cards" aria-label={w.messages.deliveries}>
      {deliveries.map((delivery) => (
        <Card
          key={delivery.endpointId}
          {...{ ...rest, message, delivery }}
          isUnfolded={deliveries.length <= UNFOLDED}
        />
      ))}
    </section>
  );
}

type CardProps = CardsProps & { delivery: Delivery; isUnfolded: boolean };

function Card({ isUnfolded, ...props }: CardProps) {
  const [isOpen, setOpen] = useState(isUnfolded);
  const { delivery, endpoints, now } = props;
  const { endpointId, state, attempts, channel } = delivery;
  const notes = [
    delivery.settledAt === null ? waitOf(delivery, now) : endOf(delivery),
    delivery.waitingFor === "retry" && w.message.retriesLeft(delivery.retriesLeft?.length ?? 0),
    attempts.length > 0 && w.message.attempts(attempts.length),
    w.channels[channel],
    endpoints.isDeleted(endpointId) && w.message.deletedEndpoint,
  ];
  return (
    <details class="panel delivery" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <h2>{endpoints.nameOf(endpointId)}</h2>
        <DeliveryState state={state} />
        <span class="small">{notes.filter(Boolean).join(" · ")}</span>
      </summary>
      {isOpen && <Content {...props} />}
    </details>
  );
}

/** An attempt that settled its delivery: a person has replayed it, if another one follows. */
function isSettling(attempt: Attempt | undefined): boolean {
  return attempt !== undefined && attempt.outcome !== "retry";
}

/** Attempts that are drawn at first, the newest. */
const ATTEMPTS = 10;

function Content({ tenant, message, delivery, endpoints }: Omit<CardProps, "isUnfolded">) {
  const [shown, setShown] = useState(ATTEMPTS);
  const { endpointId, attempts } = delivery;
  const endpoint = endpoints.get(endpointId);
  const isBlocked = delivery.blocksKey || delivery.waitingFor === "blockedKey";
  const newest = attempts.toReversed();
  const url = newest[0]?.target ?? endpoint?.url;
  const subjects = [{ ...delivery, messageId: message.id }];
  const deleted = endpoints.isDeleted(endpointId) ? w.acts.deleted : undefined;
  const wiped = message.content === "wiped" ? w.message.sensitive.wiped : undefined;
  return (
    <div class="stack">
      <div class="row">
        {KINDS.filter((kind) => subjects.every((one) => suits(kind, one))).map((kind) => (
          <Intervention
            key={kind}
            {...{ kind, tenant, subjects }}
            refused={kind === "replay" ? (deleted ?? wiped) : undefined}
          />
        ))}
        {delivery.channel === "webhook" && !isChat(endpoint?.payloadFormat ?? null) && url && maySign && (
          <Copy
            text={() => curlOf(message, url, endpoint?.payloadFormat ?? null)}
            of={w.acts.curlOf}
            word={w.acts.curl}
          />
        )}
        {!deleted && <a href={endpointLink(tenant, endpointId)}>{w.messages.endpoint}</a>}
        {isBlocked && (
          <a href={tenantLink(tenant, ["blocked"], { endpointId, orderingKey: message.orderingKey ?? "" })}>
            {w.blocked.keyTitle(visible(message.orderingKey ?? ""))}
          </a>
        )}
      </div>
      <Recipients recipients={delivery.recipients ?? []} />
      {attempts.length === 0 && <p class="small">{w.message.noAttempt}</p>}
      <ol class="attempts">
        {newest.slice(0, shown).map((attempt, n) => (
          <AttemptItem
            key={attempt.number}
            {...{ message, attempt, endpoint }}
            channel={delivery.channel}
            isUnfolded={n === 0 && attempt.outcome !== "delivered"}
            isReplay={isSettling(newest[n + 1])}
          />
        ))}
      </ol>
      {newest.length > shown && (
        <button type="button" class="quiet" onClick={() => setShown(shown + ATTEMPTS)}>
          {w.message.olderAttempts}
        </button>
      )}
    </div>
  );
}
