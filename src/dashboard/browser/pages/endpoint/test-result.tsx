import { useEffect, useState } from "preact/hooks";
import type { Answer } from "../../api.ts";
import { EVERY } from "../../live.ts";
import { duration, visible } from "../../parts/format.ts";
import { DeliveryState, Outcome } from "../../parts/marks.tsx";
import { Shown } from "../../parts/shown.tsx";
import { messageLink } from "../../parts/signed-in.tsx";
import { Time } from "../../parts/time.tsx";
import { askAgain, useRead } from "../../query.ts";
import { w } from "../../words/words.ts";

type Delivery = Answer<"/v1/tenants/{tenant}/messages/{message}">["deliveries"][number];

/** Deliveries of a message that was sent just now, until they are settled. */
export function TestResult({ tenant, message }: { tenant: string; message: string }) {
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
        {({ deliveries }) => deliveries.map((one) => <Progress key={one.endpointId} delivery={one} />)}
      </Shown>
      <a href={messageLink(tenant, message)}>{w.endpoints.openMessage}</a>
    </div>
  );
}

function Progress({ delivery }: { delivery: Delivery }) {
  const { state, waitingFor, until, attempts } = delivery;
  return (
    <>
      <p class="row">
        <DeliveryState state={state} />
        {waitingFor && <span class="small">{w.endpoints.waitsFor[waitingFor]}</span>}
        {until && <Time at={until} />}
      </p>
      <ol class="stack">
        {attempts.map(({ number, outcome, httpStatus, error, durationMs, responseExcerpt }) => (
          <li key={number}>
            <p class="row">
              {w.endpoints.attempt(number)} <Outcome outcome={outcome} />
              <strong>{httpStatus ?? visible(error ?? "")}</strong>
              <span class="small">{duration(durationMs)}</span>
            </p>
            {responseExcerpt && <pre>{visible(responseExcerpt)}</pre>}
          </li>
        ))}
      </ol>
    </>
  );
}
