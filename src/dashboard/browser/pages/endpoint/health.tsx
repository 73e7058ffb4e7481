import type { Answer } from "../../api.ts";
import { EVERY } from "../../live.ts";
import { Id } from "../../parts/copy.tsx";
import { Facts } from "../../parts/facts.tsx";
import { clockTime, count, duration, visible } from "../../parts/format.ts";
import { loaded, pagesOf } from "../../parts/loaded.tsx";
import { Section } from "../../parts/page.tsx";
import { Shown } from "../../parts/shown.tsx";
import { messageLink, tenantLink } from "../../parts/signed-in.tsx";
import { Time } from "../../parts/time.tsx";
import { useRead } from "../../query.ts";
import { w } from "../../words/words.ts";
import { ENDPOINT } from "./paths.ts";
import { FailureBudget } from "./summary.tsx";

export const HEALTH = `${ENDPOINT}/health` as const;
/** Health of an endpoint in full. */
export type FullHealth = Answer<typeof HEALTH>;

interface Props {
  tenant: string;
  endpoint: string;
}

/** Charts are loaded where they are shown. */
const Outcomes = loaded(
  pagesOf(() => import("./outcomes.tsx")),
  "Outcomes",
);

/** How an endpoint does: its breaker, its latest attempts, what waits for it, and its outcomes over time. */
export function Health({ tenant, endpoint }: Props) {
  const params = { tenant, endpoint };
  const health = useRead(HEALTH, { params, every: EVERY.gauges });
  return (
    <>
      <Shown reading={health}>
        {(found) => (
          <div class="columns">
            <Section title={w.endpoints.now}>
              <Facts
                facts={[
                  [w.endpoints.breaker, breakerText(found.breaker)],
                  [w.endpoints.window, windowText(found.breaker)],
                  [w.endpoints.budget, <FailureBudget failing={found.failing} isLong />],
                ]}
              />
            </Section>
            <Section title={w.endpoints.waiting}>
              <Facts facts={waitingFacts(found.waiting)} />
            </Section>
          </div>
        )}
      </Shown>
      <div class="columns">
        <LastFailure {...params} />
        <LastSuccess {...params} />
      </div>
      <Outcomes {...params} />
    </>
  );
}

function breakerText({ state, until, holds }: FullHealth["breaker"]): string {
  const { breakers } = w.endpoints;
  if (state === "closed" || until === null) return breakers.closed;
  return state === "open" ? breakers.open(clockTime(Date.parse(until)), holds) : breakers.halfOpen;
}

function windowText({ failures, attempts }: FullHealth["breaker"]): string {
  return attempts === 0 ? w.endpoints.noneCounted : w.endpoints.failedOf(count(failures), count(attempts));
}

function waitingFacts(waiting: FullHealth["waiting"]): [string, string][] {
  const { kinds } = w.endpoints;
  const names = ["due", "later", "underWay", "behind", "blockedKeys"] as const;
  return names.map((name) => [kinds[name], count(waiting[name].count, waiting[name].capped)]);
}

function LastFailure({ tenant, endpoint }: Props) {
  const query = { endpointId: endpoint, limit: 1 };
  const path = "/v1/tenants/{tenant}/failures";
  const reading = useRead(path, { params: { tenant }, query, every: EVERY.tail });
  return (
    <Section title={w.endpoints.lastFailure}>
      <Shown reading={reading} lines={2}>
        {({ data: [last] }) =>
          last ? (
            <div class="stack">
              <p class="row">
                <Time at={last.startedAt} />
                <strong>{last.httpStatus ?? visible(last.error ?? "")}</strong>
                <span class="small">{duration(last.durationMs)}</span>
                <Id id={last.messageId} href={messageLink(tenant, last.messageId)} />
              </p>
              {last.responseExcerpt && <pre>{visible(last.responseExcerpt)}</pre>}
            </div>
          ) : (
            <p class="small">{w.endpoints.noFailure}</p>
          )
        }
      </Shown>
    </Section>
  );
}

function LastSuccess({ tenant, endpoint }: Props) {
  const query = { endpointId: endpoint, state: "delivered", limit: 1 };
  const path = "/v1/tenants/{tenant}/deliveries";
  const reading = useRead(path, { params: { tenant }, query, every: EVERY.tail });
  return (
    <Section title={w.endpoints.lastSuccess}>
      <Shown reading={reading} lines={2}>
        {({ data: [last] }) =>
          last?.settledAt ? (
            <p class="row">
              <Time at={last.settledAt} />
              <strong>{last.httpStatus}</strong>
              {last.durationMs !== null && <span class="small">{duration(last.durationMs)}</span>}
              <Id id={last.messageId} href={messageLink(tenant, last.messageId)} />
            </p>
          ) : (
            <p class="small">
              {w.endpoints.noSuccess}{" "}
              <a href={tenantLink(tenant, ["deliveries"], { endpointId: endpoint })}>{w.nav.deliveries}</a>
            </p>
          )
        }
      </Shown>
    </Section>
  );
}
