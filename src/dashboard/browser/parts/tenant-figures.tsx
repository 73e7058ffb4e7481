import type { Answer } from "../api.ts";
import { SURFACE } from "../base.ts";
import { EVERY } from "../live.ts";
import { type Reading, useRead } from "../query.ts";
import { w } from "../words/words.ts";
import { useEndpointList } from "./endpoints.ts";
import { Tile } from "./facts.tsx";
import { bounded, count, duration, percent } from "./format.ts";
import { OutcomeCharts, useOutcomes, useShownSpan } from "./outcomes.tsx";
import { Shown } from "./shown.tsx";
import { tenantLink } from "./signed-in.tsx";
import { type Reason, Standing } from "./standing.tsx";
import { TenantEndpoints } from "./tenant-endpoints.tsx";
import { Age, useNow } from "./time.tsx";

type Now = Answer<"/v1/tenants/{tenant}/now">;
type Series = ReturnType<typeof useOutcomes>["data"];

/** Counts of a tenant at this moment. */
export function useTenantNow(tenant: string): Reading<Now> {
  return useRead("/v1/tenants/{tenant}/now", { params: { tenant }, every: EVERY.gauges });
}

interface Props {
  tenant: string;
  now: Reading<Now>;
  isPaused?: boolean;
}

/** How a tenant stands: a sentence, tiles, charts, and its endpoints by trouble. */
export function TenantFigures({ tenant, now, isPaused = false }: Props) {
  const outcomes = useOutcomes(tenant);
  const endpoints = useEndpointList(tenant, EVERY.tail);
  return (
    <>
      <Shown reading={now} lines={4}>
        {(found) => (
          <>
            <HowItStands {...{ tenant, found, isPaused }} />
            <Tiles {...{ tenant, found }} series={outcomes.data} />
          </>
        )}
      </Shown>
      <OutcomeCharts reading={outcomes} />
      <TenantEndpoints tenant={tenant} reading={endpoints} />
    </>
  );
}

/** Lateness from which a delivery counts as late. */
const LATE_MS = 10_000;

/** A page of the tenant; undefined in the portal if it has none. */
function place(tenant: string, page: string, query?: Record<string, string | undefined>): string | undefined {
  const isPage =
    SURFACE === "ui" || ["messages", "deliveries", "dead", "endpoints", "blocked"].includes(page);
  return isPage ? tenantLink(tenant, [page], query) : undefined;
}

function HowItStands({ tenant, found, isPaused }: { tenant: string; found: Now; isPaused: boolean }) {
  const at = useNow(1000);
  const { deadLetters, blockedKeys, oldestLateAt } = found.now;
  const lateMs = oldestLateAt === null ? 0 : at - Date.parse(oldestLateAt);
  const r = w.overview.reasons;
  const all: readonly [boolean, string, string | undefined][] = [
    [
      lateMs > LATE_MS,
      w.tenants.lateSince(duration(lateMs)),
      place(tenant, "deliveries", { state: "pending" }),
    ],
    [blockedKeys.count > 0, r.blockedKeys(bounded(blockedKeys)), place(tenant, "blocked")],
    [
      found.complaints !== null,
      w.tenants.complaints(percent(found.complaints?.level === "grave" ? 0.003 : 0.001)),
      place(tenant, "emails", { status: "complained" }),
    ],
    [found.endpoints.held > 0, r.heldEndpoints(count(found.endpoints.held)), place(tenant, "endpoints")],
    [deadLetters.count > 0, r.deadLetters(bounded(deadLetters)), place(tenant, "dead")],
  ];
  const reasons: Reason[] = all.filter(([is]) => is).map(([, text, href]) => ({ text, href }));
  const { failing } = found.endpoints;
  const trying = failing > 0 ? w.overview.trying(count(failing)) : undefined;
  const sentence = isPaused ? w.tenants.pausedOne : (trying ?? w.tenants.wellOne);
  const needs = SURFACE === "portal" ? w.tenants.needsYou : w.tenants.needsOne;
  return (
    <Standing
      sentence={reasons.length > 0 ? needs : sentence}
      reasons={reasons}
      note={reasons.length > 0 || isPaused ? trying : undefined}
      isTrying={failing > 0}
    />
  );
}

function Tiles({ tenant, found, series }: { tenant: string; found: Now; series: Series }) {
  const { now, endpoints } = found;
  const sum = (name: "committed" | "delivered" | "retried" | "dead") =>
    series?.points.reduce((total, point) => total + point[name], 0) ?? 0;
  const failed = sum("retried") + sum("dead");
  const tried = failed + sum("delivered");
  const inSpan = { note: useShownSpan() };
  const span = { since: series?.span.since };
  const atLeast = series?.complete === false;
  const tone = (n: number, otherwise: "bad" | "warn" = "bad") => (n > 0 ? otherwise : undefined);
  return (
    <div class="tiles">
      <Tile
        {...inSpan}
        name={w.tenants.committed}
        value={series ? count(sum("committed"), atLeast) : "–"}
        href={place(tenant, "messages", span)}
      />
      <Tile
        {...inSpan}
        name={w.tenants.delivered}
        value={series ? count(sum("delivered"), atLeast) : "–"}
        href={place(tenant, "deliveries", { state: "delivered", ...span })}
      />
      <Tile
        {...inSpan}
        name={w.overview.failing}
        value={tried > 0 ? percent(failed / tried) : "–"}
        href={place(tenant, "failures", span)}
      />
      <Tile
        name={w.overview.dead}
        value={bounded(now.deadLetters)}
        tone={tone(now.deadLetters.count)}
        href={place(tenant, "dead")}
      />
      <Tile
        name={w.tenants.late}
        value={now.oldestLateAt ? <Age since={now.oldestLateAt} /> : w.tenants.notLate}
        tone={tone(now.oldestLateAt ? 1 : 0)}
        href={place(tenant, "deliveries", { state: "pending" })}
      />
      <Tile
        name={w.tenants.unsettled}
        value={bounded(now.unsettled)}
        note={w.tenants.dueAndHeld(bounded(now.due), bounded(now.held))}
        href={place(tenant, "deliveries", { state: "pending" })}
      />
      <Tile
        name={w.overview.blocked}
        value={bounded(now.blockedKeys)}
        tone={tone(now.blockedKeys.count)}
        note={w.overview.orderingKeys}
        href={place(tenant, "blocked")}
      />
      <Tile
        name={w.overview.disabled}
        value={count(endpoints.disabled)}
        tone={tone(endpoints.disabled, "warn")}
        note={w.overview.endpoints}
        href={place(tenant, "endpoints", { state: "disabled" })}
      />
    </div>
  );
}
