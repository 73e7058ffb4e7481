import type { Answer } from "../../api.ts";
import { Budget } from "../../parts/budget.tsx";
import { clockTime, count, duration, percent } from "../../parts/format.ts";
import { EndpointState } from "../../parts/marks.tsx";
import { Sparkline } from "../../parts/sparkline.tsx";
import { useNow } from "../../parts/time.tsx";
import { w } from "../../words/words.ts";
import type { ENDPOINTS, Endpoint } from "./paths.ts";

type Listed = Answer<typeof ENDPOINTS>["data"][number];
/** Health, as far as lists have it. */
type Health = NonNullable<Listed["health"]>;
type Failing = Health["failing"];
type Conditioned = Pick<Endpoint, "stateReason" | "heldUntil" | "failingSince"> & { state: string };

/** State of an endpoint, and the reason or the trouble below it. */
export function Condition({ endpoint, health }: { endpoint: Conditioned; health?: Health | undefined }) {
  const now = useNow();
  return (
    <div class="condition">
      <EndpointState state={health?.state ?? endpoint.state} />
      <Because {...{ endpoint, health, now }} />
    </div>
  );
}

function Because({
  endpoint,
  health,
  now,
}: {
  endpoint: Conditioned;
  health: Health | undefined;
  now: number;
}) {
  const { reasons } = w.endpoints;
  if (endpoint.state !== "enabled") {
    const { state, stateReason } = endpoint;
    const known = `${state}_${stateReason}` as keyof typeof reasons;
    return <div class="small">{reasons[known] ?? stateReason}</div>;
  }
  if (health?.state === "paused") return <div class="small">{reasons.paused_tenant}</div>;
  const { until, failingSince } = endpoint.heldUntil
    ? { until: Date.parse(endpoint.heldUntil), failingSince: endpoint.failingSince }
    : { until: undefined, failingSince: endpoint.failingSince };
  if (until === undefined && failingSince === null) return null;
  return (
    <div class="small warn">
      {until !== undefined && <div>{until > now ? reasons.held(clockTime(until)) : reasons.trying}</div>}
      {failingSince !== null && (
        <div>{reasons.failingFor(duration(Math.max(now - Date.parse(failingSince), 0)))}</div>
      )}
    </div>
  );
}

const HOUR_MS = 3_600_000;

/** Attempts of a day by the hour, and the share of them that delivered. */
export function LastDay({ health: { lastDay, hours } }: { health: Health }) {
  const { delivered, retried, dead } = lastDay;
  const all = delivered + retried + dead;
  if (all === 0) return <span class="small">{w.endpoints.noAttempts}</span>;
  const first = Math.floor(Date.now() / HOUR_MS) - 23;
  const byHour = new Map(hours.map((hour) => [Date.parse(hour.at) / HOUR_MS, hour]));
  const shown = Array.from({ length: 24 }, (_, n) => byHour.get(first + n));
  return (
    <div class="row last-day">
      <Sparkline
        values={shown.map((hour) => (hour ? hour.delivered + hour.failed : 0))}
        bad={shown.map((hour) => hour?.failed ?? 0)}
      />
      <span class="small">{w.endpoints.share(percent(delivered / all), count(all))}</span>
    </div>
  );
}

/** The failure budget of an endpoint: unused, or the part that is used. */
export function FailureBudget({ failing, isLong = false }: { failing: Failing; isLong?: boolean }) {
  const now = useNow();
  if (!failing) return <span class="small">{w.endpoints.budgetUnused}</span>;
  if (failing.disabledAt === null || failing.usedPercent === null)
    return <span class="small">{w.endpoints.budgetNone}</span>;
  const left = w.endpoints.budgetLeft(duration(Math.max(Date.parse(failing.disabledAt) - now, 0)));
  return <Budget used={failing.usedPercent} {...(isLong && { more: left })} />;
}
