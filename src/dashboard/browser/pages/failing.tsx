import { EVERY } from "../live.ts";
import { failingEndpoints } from "../parts/failing-endpoints.tsx";
import { List } from "../parts/list.tsx";
import { Page } from "../parts/page.tsx";
import { useRead } from "../query.ts";
import { linkTo, usePlace } from "../router.ts";
import { w } from "../words/words.ts";

/** Failing, held and disabled endpoints of all tenants. */
export function FailingPage() {
  const cursor = usePlace().query.get("cursor") ?? undefined;
  const every = cursor === undefined ? EVERY.lists : undefined;
  const reading = useRead("/v1/endpoints/failing", { query: { cursor }, every });
  return (
    <Page title={w.overview.failingEndpoints} above={[{ name: w.overview.title, href: linkTo([]) }]}>
      <List {...failingEndpoints()} reading={reading} filters={[]} none={w.overview.noFailing} />
    </Page>
  );
}
