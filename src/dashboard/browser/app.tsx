import type { ComponentType } from "preact";
import { SURFACE } from "./base.ts";
import { EndpointPage } from "./pages/endpoint.tsx";
import { NewEndpointPage } from "./pages/endpoint-new.tsx";
import { EndpointsPage } from "./pages/endpoints.tsx";
import { HandlersPage } from "./pages/handlers.tsx";
import { MessagesPage } from "./pages/messages.tsx";
import { Frame } from "./parts/frame.tsx";
import { Page } from "./parts/page.tsx";
import { Empty } from "./parts/shown.tsx";
import { useSession } from "./parts/signed-in.tsx";
import { match, usePlace } from "./router.ts";
import { w } from "./words/words.ts";

/** A page gets the values of its pattern's names. In the portal, `tenant` is that of the session. */
type Route = readonly [pattern: string, page: ComponentType<{ params: Readonly<Record<string, string>> }>];

const OF_TENANT: readonly Route[] = [
  ["messages", MessagesPage],
  ["endpoints", EndpointsPage],
  ["endpoints/new", NewEndpointPage],
  ["e/:endpoint", EndpointPage],
];

const UI: readonly Route[] = [
  ...OF_TENANT.map(([pattern, page]) => [`t/:tenant/${pattern}`, page] as const),
  ["t/:tenant/handlers", HandlersPage],
];

const PORTAL: readonly Route[] = [...OF_TENANT];

/** The page of the current address, in its frame. */
export function App() {
  const { segments } = usePlace();
  const { tenant } = useSession();
  for (const [pattern, Component] of SURFACE === "ui" ? UI : PORTAL) {
    const params = match(pattern, segments);
    if (!params) continue;
    const known: Record<string, string> = tenant ? { ...params, tenant: tenant.id } : params;
    return (
      <Frame>
        <Component key={JSON.stringify(known)} params={known} />
      </Frame>
    );
  }
  return (
    <Frame>
      <Page title={w.common.noPage}>
        <Empty title={w.common.noPageDetail} />
      </Page>
    </Frame>
  );
}
