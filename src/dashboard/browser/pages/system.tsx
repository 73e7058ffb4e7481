import type { Answer } from "../api.ts";
import { EVERY } from "../live.ts";
import { Facts } from "../parts/facts.tsx";
import { bytes, count, visible } from "../parts/format.ts";
import { Jobs } from "../parts/jobs.tsx";
import { Page, Section } from "../parts/page.tsx";
import { Shown } from "../parts/shown.tsx";
import { Standing } from "../parts/standing.tsx";
import { Table } from "../parts/table.tsx";
import { Age, Time } from "../parts/time.tsx";
import { useRead } from "../query.ts";
import { linkTo } from "../router.ts";
import { w } from "../words/words.ts";

type Deployment = Answer<"/v1/deployment">;

/** How the deployment is set up, and how its upkeep does. */
export function SystemPage() {
  const reading = useRead("/v1/deployment", { every: EVERY.tail });
  return (
    <Page title={w.system.title}>
      <Shown reading={reading} lines={8}>
        {(deployment) => (
          <>
            <Health deployment={deployment} />
            <div class="columns">
              <Section title={w.overview.cron}>
                <Jobs health={deployment.health} />
              </Section>
              <About deployment={deployment} />
            </div>
            <Section title={w.system.settings}>
              <Settings settings={deployment.settings} />
            </Section>
            <div class="columns">
              <Section title={w.system.limits}>
                <Limits limits={deployment.limits} />
              </Section>
              <Pages />
            </div>
          </>
        )}
      </Shown>
    </Page>
  );
}

function Health({ deployment: { health, outcomesUntil, emailEvents } }: { deployment: Deployment }) {
  const { storage, troubles, oldestDueAt } = health;
  const { waiting, aside, capped, oldestAt } = emailEvents;
  return (
    <>
      <Standing
        sentence={troubles.length > 0 ? w.system.needs : w.system.well}
        reasons={troubles.map((trouble) => ({
          text: w.overview.reasons[trouble](),
          href: trouble === "overdue" ? linkTo([], { trouble: "late" }) : undefined,
        }))}
      />
      <Section title={w.system.database}>
        <Facts
          facts={[
            [
              w.system.size,
              <span class="share">
                <meter
                  min={0}
                  max={1}
                  high={0.7}
                  value={storage.bytes / storage.maxBytes}
                  aria-label={w.system.database}
                />{" "}
                {w.system.sizeOf(bytes(storage.bytes, 1000), bytes(storage.maxBytes, 1000))}
              </span>,
            ],
            [w.system.level, w.system.levels[storage.level]],
            [w.system.sweptAt, <Time at={health.sweptAt} />],
            [w.system.sums, <Time at={outcomesUntil} />],
            [w.system.overdueTenants, count(health.overdue)],
            [w.system.oldestDue, oldestDueAt && <Age since={oldestDueAt} />],
            [w.system.eventsWaiting, count(waiting, capped)],
            [w.system.oldestEvent, oldestAt && <Age since={oldestAt} />],
            [w.system.eventsAside, count(aside, capped)],
          ]}
        />
      </Section>
    </>
  );
}

function About({ deployment: { version, environment, secretKeys, operators } }: { deployment: Deployment }) {
  const keys = secretKeys.map((key, n) => (
    <li key={key}>
      <code>{visible(key)}</code>{" "}
      <span class="small">{n === 0 ? w.system.keyCurrent : w.system.keyOlder}</span>
    </li>
  ));
  const tokens = operators.map(({ name, role }) => (
    <li key={name}>
      {visible(name)} <span class="small">{role}</span>
    </li>
  ));
  return (
    <Section title={w.system.about}>
      <Facts
        facts={[
          [w.system.version, version],
          [w.system.environment, w.system.environments[environment]],
          [w.system.keys, keys.length > 0 ? <ul>{keys}</ul> : w.system.noKeys],
          [w.system.operators, <ul>{tokens}</ul>],
        ]}
      />
    </Section>
  );
}

function Settings({ settings }: { settings: Deployment["settings"] }) {
  return (
    <Table
      label={w.system.settings}
      rows={settings}
      keyOf={({ name }) => name}
      columns={[
        { name: w.system.setting, cell: ({ name }) => <code>{name}</code> },
        {
          name: w.system.value,
          cell: ({ value, isSecret }) =>
            value === null ? isSecret ? null : <span class="small">{w.system.noValue}</span> : visible(value),
        },
        {
          name: w.system.origin,
          cell: ({ isSet, isSecret }) => (
            <span class="small">
              {isSecret
                ? isSet
                  ? w.system.secretSet
                  : w.system.secretUnset
                : isSet
                  ? w.system.isSet
                  : w.system.isDefault}
            </span>
          ),
        },
      ]}
    />
  );
}

type LimitName = keyof Deployment["limits"];

function Limits({ limits }: { limits: Deployment["limits"] }) {
  const text = (name: LimitName, value: number | null) => {
    if (value === null) return w.system.unlimited;
    return name.endsWith("Bytes") ? bytes(value) : count(value);
  };
  const entries = Object.entries(limits) as [LimitName, number | null][];
  return <Facts facts={entries.map(([name, value]) => [w.system.limitNames[name], text(name, value)])} />;
}

const PAGES = [
  "docs/operate/operations.md",
  "docs/operate/database.md",
  "docs/operate/secrets.md",
  "docs/operate/monitoring.md",
  "docs/operate/tuning.md",
  "docs/reference/settings.md",
];

/** Pages as paths, because they have no address that every deployment knows. */
function Pages() {
  return (
    <Section title={w.system.pages}>
      <p class="small">{w.system.pagesDetail}</p>
      <ul>
        {PAGES.map((page) => (
          <li key={page}>
            <code>{page}</code>
          </li>
        ))}
      </ul>
    </Section>
  );
}
