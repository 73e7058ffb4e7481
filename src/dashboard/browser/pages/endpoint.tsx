import { EVERY } from "../live.ts";
import { isChat } from "../parts/chat.ts";
import { nameOfEndpoint } from "../parts/endpoints.ts";
import { visible } from "../parts/format.ts";
import { loaded, pagesOf } from "../parts/loaded.tsx";
import { Page, Section } from "../parts/page.tsx";
import { Shown } from "../parts/shown.tsx";
import { tenantLink } from "../parts/signed-in.tsx";
import { type Tab, Tabs, useTab } from "../parts/tabs.tsx";
import { useRead } from "../query.ts";
import { w } from "../words/words.ts";
import { EndpointActions } from "./endpoint/actions.tsx";
import { Head } from "./endpoint/head.tsx";
import { Health } from "./endpoint/health.tsx";
import { NewestDeliveries, NewestFailures } from "./endpoint/newest.tsx";
import { ENDPOINT } from "./endpoint/paths.ts";
import type { Version } from "./endpoint/settings.tsx";

const tabs = pagesOf(() => import("./target-settings.ts"));
const Settings = loaded(tabs, "Settings");
const Secret = loaded(tabs, "Secret");
const SendTest = loaded(tabs, "SendTest");

type Name = keyof typeof w.endpoints.tabs;

/** One endpoint: how it does, what went to it, and all that can be changed about it. */
export function EndpointPage({
  params: { tenant = "", endpoint = "" },
}: {
  params: Readonly<Record<string, string>>;
}) {
  const reading = useRead(ENDPOINT, { params: { tenant, endpoint }, every: EVERY.lists });
  const { data, etag, at = 0 } = reading;
  return (
    <Page
      title={visible(data?.description || (data ? nameOfEndpoint(data) : endpoint))}
      above={[{ name: w.nav.endpoints, href: tenantLink(tenant, ["endpoints"]) }]}
      actions={data && <EndpointActions tenant={tenant} endpoint={data} />}
    >
      <Shown reading={reading}>
        {(found) => (
          <>
            <Head endpoint={found} />
            <Parts tenant={tenant} latest={{ endpoint: found, etag, at }} />
          </>
        )}
      </Shown>
    </Page>
  );
}

function Parts({ tenant, latest }: { tenant: string; latest: Version }) {
  const { endpoint } = latest;
  const isSigned = endpoint.channel === "webhook" && !isChat(endpoint.payloadFormat);
  const names: Name[] = [
    "health",
    "deliveries",
    "failures",
    "settings",
    ...(isSigned ? (["secret"] as const) : []),
    ...(endpoint.builtIn ? [] : (["test"] as const)),
  ];
  const tabs: Tab[] = names.map((name) => ({ name, label: w.endpoints.tabs[name] }));
  const tab = useTab(tabs);
  const one = { tenant, endpoint: endpoint.id };
  return (
    <>
      <Tabs label={w.endpoints.parts} tabs={tabs} />
      {tab === "health" && <Health {...one} />}
      {tab === "deliveries" && <NewestDeliveries {...one} />}
      {tab === "failures" && <NewestFailures {...one} />}
      {tab === "settings" && <Settings tenant={tenant} latest={latest} />}
      {tab === "secret" && <Secret tenant={tenant} endpoint={endpoint} />}
      {tab === "test" && (
        <Section title={w.endpoints.tryIt}>
          <SendTest {...one} known={endpoint} isFull />
        </Section>
      )}
    </>
  );
}
