import { useEffect, useState } from "preact/hooks";
import { EVERY } from "../../live.ts";
import { type Message, waitOf } from "../../parts/delivery.ts";
import { DeliveryState } from "../../parts/marks.tsx";
import { Shown } from "../../parts/shown.tsx";
import { messageLink } from "../../parts/signed-in.tsx";
import { useNow } from "../../parts/time.tsx";
import { askAgain, useRead } from "../../query.ts";
import { w } from "../../words/words.ts";
import { AttemptItem } from "../attempt-item.tsx";
import type { Endpoint } from "./paths.ts";

interface Props {
  tenant: string;
  message: string;
  endpoint: Endpoint | undefined;
}

/** Deliveries of a message that was sent just now, until they are settled. */
export function TestResult({ tenant, message, endpoint }: Props) {
  const [isSettled, setSettled] = useState(false);
  const reading = useRead("/v1/tenants/{tenant}/messages/{message}", {
    params: { tenant, message },
    every: isSettled ? undefined : EVERY.open,
  });
  const isOver = reading.data?.deliveries.every(({ settledAt }) => settledAt !== null) === true;
  useEffect(() => {
    if (!isOver) return;
    setSettled(true);
    // The endpoint may have been disabled by its answer.
    void askAgain();
  }, [isOver]);
  return (
    <div class="result" role="status">
      <Shown reading={reading} lines={2}>
        {(found) => <Progress {...{ endpoint }} message={found} />}
      </Shown>
      <a href={messageLink(tenant, message)}>{w.endpoints.openMessage}</a>
    </div>
  );
}

function Progress({ message, endpoint }: { message: Message; endpoint: Endpoint | undefined }) {
  const now = useNow();
  return message.deliveries.map((delivery) => (
    <div key={delivery.endpointId}>
      <p class="row">
        <DeliveryState state={delivery.state} />
        <span class="small">{waitOf(delivery, now)}</span>
      </p>
      <ol class="attempts">
        {delivery.attempts.map((attempt) => (
          <AttemptItem
            key={attempt.number}
            {...{ message, attempt, endpoint }}
            channel={delivery.channel}
            isUnfolded
          />
        ))}
      </ol>
    </div>
  ));
}
