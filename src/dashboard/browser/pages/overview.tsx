import { useEffect, useRef } from "preact/hooks";
import type { Answer } from "../api.ts";
import { IS_DEVELOPMENT } from "../base.ts";
import { EVERY } from "../live.ts";
import { Curl } from "../parts/curl.tsx";
import { Tile } from "../parts/facts.tsx";
import { failingEndpoints } from "../parts/failing-endpoints.tsx";
import { type Filter, Filters } from "../parts/filters.tsx";
import { bounded, clockTime, count, percent, rate } from "../parts/format.ts";
import { inspector } from "../parts/inspector.ts";
import { Jobs } from "../parts/jobs.tsx";
import { LastActs } from "../parts/last-acts.tsx";
import { loaded } from "../parts/loaded.tsx";
import { OutcomeCharts, OutcomesSpan, useOutcomes } from "../parts/outcomes.tsx";
import { Page, Section } from "../parts/page.tsx";
import { Empty, Shown, Skeleton } from "../parts/shown.tsx";
import { type Reason, Standing } from "../parts/standing.tsx";
import { Table } from "../parts/table.tsx";
import { Age } from "../parts/time.tsx";
import { type Trouble, TroubledTenants, troubleLink } from "../parts/troubles.tsx";
import { useRead } from "../query.ts";
import { linkTo, usePlace } from "../router.ts";
import { w } from "../words/words.ts";

type Overview = Answer<"/v1/overview">;
type Troubles = Answer<"/v1/troubles">;

/** All tenants at once: how it stands, and where to look. */
export function OverviewPage() {
  const overview = useRead("/v1/overview", { every: EVERY.gauges });
  const troubles = useTroubles(overview.data);
  const outcomes = useOutcomes();
  const { isNew, isKnown } = useIsNew(overview.data);
  // They stay until one leaves the page: the last of them is not to vanish as it is done.
  const wasNew = useRef(false);
  wasNew.current ||= isNew;
  const hasSteps = IS_DEVELOPMENT && wasNew.current;
  return (
    <Page title={w.overview.title} actions={!isNew && <OutcomesSpan />}>
      <Shown reading={overview} lines={4}>
        {(found) =>
          isKnown ? (
            <>
              <HowItStands overview={found} troubles={troubles.data} />
              {hasSteps && <FirstSteps />}
              {isNew ? !hasSteps && <First /> : <Tiles overview={found} troubles={troubles.data} />}
            </>
          ) : (
            <Skeleton lines={8} />
          )
        }
      </Shown>
      {!isNew && (isKnown || overview.error) && <OutcomeCharts reading={outcomes} />}
      <Shown reading={troubles} lines={3}>
        {(found) => <ByTrouble troubles={found} />}
      </Shown>
      <Failing />
      <div class="columns">
        <LastActs />
        <Section title={w.overview.cron}>
          <Shown reading={overview}>{({ health }) => <Jobs health={health} />}</Shown>
        </Section>
      </div>
    </Page>
  );
}

/** Tenants with trouble: read less often than they are counted, and whenever their number changes. */
function useTroubles(overview: Overview | undefined) {
  const troubles = useRead("/v1/troubles", { every: EVERY.tail });
  const counted = overview && JSON.stringify(overview.troubled);
  const before = useRef(counted);
  useEffect(() => {
    if (before.current !== undefined && before.current !== counted) troubles.again();
    before.current = counted;
  }, [counted]);
  return troubles;
}

const FirstSteps = loaded(inspector, "FirstSteps");

/** Whether all is well because nothing was delivered in a month, as far as it is summed up; and whether that is known. */
function useIsNew(overview: Overview | undefined): { isNew: boolean; isKnown: boolean } {
  const { lastDay, troubled } = overview ?? {};
  const isQuiet = lastDay?.delivered === 0 && lastDay.committed === 0 && troubled?.any.count === 0;
  const query = { step: "1d" };
  const month = useRead(isQuiet ? "/v1/series" : undefined, { query, within: 30 * 86_400_000 });
  const isKnown =
    overview !== undefined && (!isQuiet || month.data !== undefined || month.error !== undefined);
  return { isNew: isQuiet && month.data?.points.length === 0, isKnown };
}

const ENDPOINT = { channel: "webhook", url: "https://example.com/webhooks" };
const MESSAGE = { eventType: "order.placed", payload: { orderId: "1001" } };

function First() {
  return (
    <Empty title={w.overview.first}>
      <p>{w.overview.firstDetail}</p>
      <Curl method="POST" path="v1/tenants" body={{ id: "acme" }} />
      <Curl method="POST" path="v1/tenants/acme/endpoints" body={ENDPOINT} />
      <Curl method="POST" path="v1/tenants/acme/messages" body={MESSAGE} />
    </Empty>
  );
}

const needsSomebody = ({ troubles }: Troubles["data"][number]) =>
  troubles.some(({ trouble }) => trouble !== "failingEndpoints");

function HowItStands({ overview, troubles }: { overview: Overview; troubles: Troubles | undefined }) {
  const { status, reasons, endpoints } = overview;
  const needing = Math.max(troubles?.data.filter(needsSomebody).length ?? 0, leastNeeding(overview));
  const trying = endpoints.failing.count > 0 ? w.overview.trying(bounded(endpoints.failing)) : undefined;
  const needs =
    needing > 0 ? w.overview.needing(count(needing, troubles?.complete === false)) : w.overview.outboxNeeds;
  return (
    <Standing
      sentence={status === "ok" ? (trying ?? w.overview.well) : needs}
      reasons={reasons.map((reason) => reasonOf(reason, overview, troubles))}
      note={status === "ok" ? undefined : trying}
      isTrying={trying !== undefined}
    />
  );
}

/** Tenants that need somebody, as far as the counts tell: the list of them may be a moment older. */
function leastNeeding({ troubled, endpoints }: Overview): number {
  const { late, blockedKeys, complaints, disabledEndpoints, deadLetters } = troubled;
  const counts = [late, blockedKeys, complaints, disabledEndpoints, deadLetters].map(({ count: n }) => n);
  return Math.max(...counts, Math.min(endpoints.held.count, 1));
}

function reasonOf(
  name: Overview["reasons"][number],
  overview: Overview,
  troubles: Troubles | undefined,
): Reason {
  const { troubled, blockedKeys, endpoints, deadLetters } = overview;
  const counted = {
    late: troubled.late,
    blockedKeys,
    complaints: troubled.complaints,
    disabledEndpoints: endpoints.disabled,
    heldEndpoints: endpoints.held,
    deadLetters,
  }[name as string];
  const text = w.overview.reasons[name as keyof typeof w.overview.reasons](counted ? bounded(counted) : "");
  return { text, href: counted ? placeOf(name as Trouble, troubles) : linkTo(["system"]) };
}

/** The list of what has a trouble: that of the one tenant that has it, else of all tenants. */
function placeOf(trouble: Trouble, troubles: Troubles | undefined): string {
  const having =
    troubles?.data.filter((tenant) => tenant.troubles.some((one) => one.trouble === trouble)) ?? [];
  const [only] = having;
  if (only && having.length === 1 && troubles?.complete) return troubleLink(only.tenantId, trouble);
  if (trouble === "deadLetters") return linkTo(["dead"]);
  if (["late", "blockedKeys", "complaints"].includes(trouble)) return linkTo([], { trouble });
  return linkTo(["failing"]);
}

function Tiles({ overview, troubles }: { overview: Overview; troubles: Troubles | undefined }) {
  const { lastHour, troubled, deadLetters, blockedKeys, endpoints, health } = overview;
  const failed = lastHour.retried + lastHour.dead;
  const tried = failed + lastHour.delivered;
  const bad = ({ count: n }: { count: number }) => (n > 0 ? ("bad" as const) : undefined);
  const hour = w.overview.inLastHour;
  return (
    <>
      <div class="tiles">
        <Tile
          name={w.overview.committed}
          value={rate(lastHour.committed / 60)}
          note={w.overview.aMinute}
          href={linkTo(["t"])}
        />
        <Tile
          name={w.overview.delivered}
          value={rate(lastHour.delivered / 60)}
          note={w.overview.aMinute}
          href={linkTo(["t"])}
        />
        <Tile
          name={w.overview.failing}
          value={tried > 0 ? percent(failed / tried) : "–"}
          note={hour}
          href={linkTo(["failing"])}
        />
        <Tile
          name={w.overview.dead}
          value={bounded(deadLetters)}
          tone={bad(deadLetters)}
          note={w.overview.inTenants(bounded(troubled.deadLetters))}
          href={placeOf("deadLetters", troubles)}
        />
        <Tile
          name={w.overview.late}
          value={bounded(troubled.late)}
          tone={bad(troubled.late)}
          note={
            health.oldestDueAt ? (
              <>
                {w.overview.oldest} <Age since={health.oldestDueAt} />
              </>
            ) : (
              w.overview.tenantsNote
            )
          }
          href={placeOf("late", troubles)}
        />
        <Tile
          name={w.overview.blocked}
          value={bounded(blockedKeys)}
          tone={bad(blockedKeys)}
          note={w.overview.orderingKeys}
          href={placeOf("blockedKeys", troubles)}
        />
        <Tile
          name={w.overview.disabled}
          value={bounded(endpoints.disabled)}
          tone={bad(endpoints.disabled)}
          note={w.overview.endpoints}
          href={placeOf("disabledEndpoints", troubles)}
        />
        <Tile
          name={w.overview.held}
          value={bounded(endpoints.held)}
          tone={endpoints.held.count > 0 ? "warn" : undefined}
          note={w.overview.endpoints}
          href={placeOf("heldEndpoints", troubles)}
        />
      </div>
      <p class="small">
        {w.overview.asOf(
          clockTime(Date.parse(health.sweptAt)),
          clockTime(Date.parse(overview.outcomesUntil)),
        )}
      </p>
    </>
  );
}

function ByTrouble({ troubles: { data, complete } }: { troubles: Troubles }) {
  const wanted = usePlace().query.get("trouble");
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (wanted) place.current?.scrollIntoView();
  }, [wanted]);
  if (data.length === 0) return null;
  const filter: Filter = {
    name: "trouble",
    label: w.overview.trouble,
    options: Object.entries(w.overview.troubleNames).map(([value, label]) => ({ value, label })),
  };
  const tenants = data.filter(
    ({ troubles }) => !wanted || troubles.some(({ trouble }) => trouble === wanted),
  );
  return (
    <div class="anchor" ref={place}>
      <Section title={w.overview.tenants} aside={<Filters filters={[filter]} />}>
        {tenants.length === 0 ? (
          <Empty title={w.overview.noTrouble} />
        ) : (
          <TroubledTenants tenants={tenants} />
        )}
        {!complete && <p class="small">{w.overview.notAllTenants}</p>}
      </Section>
    </div>
  );
}

const SHOWN_AT_FIRST = 5;

function Failing() {
  const reading = useRead("/v1/endpoints/failing", { query: { limit: SHOWN_AT_FIRST }, every: EVERY.tail });
  return (
    <Shown reading={reading} lines={3}>
      {({ data, nextCursor }) =>
        data.length > 0 && (
          <Section
            title={w.overview.failingEndpoints}
            aside={nextCursor && <a href={linkTo(["failing"])}>{w.overview.all}</a>}
          >
            <Table {...failingEndpoints()} rows={data} />
          </Section>
        )
      }
    </Shown>
  );
}
