import { EVERY } from "../live.ts";
import { FailingEndpoints } from "../parts/failing-endpoints.tsx";
import { Page } from "../parts/page.tsx";
import { Empty, Shown } from "../parts/shown.tsx";
import { Pager } from "../parts/table.tsx";
import { useRead } from "../query.ts";
import { linkTo, usePlace } from "../router.ts";
import { w } from "../words/words.ts";

/** Failing, held and disabled endpoints of all tenants. */
export function FailingPage() {
  const cursor = usePlace().query.get("cursor") ?? undefined;
  const reading = useRead("/v1/endpoints/failing", {
    query: { cursor },
    every: cursor === undefined ? EVERY.lists : undefined,
  });
  return (
    <Page title={w.overview.failingEndpoints} above={[{ name: w.overview.title, href: linkTo([]) }]}>
      <Shown reading={reading}>
        {({ data, nextCursor }) => (
          <>
            {data.length === 0 ? (
              <Empty title={w.overview.noFailing} />
            ) : (
              <FailingEndpoints endpoints={data} />
            )}
            <Pager next={nextCursor} />
          </>
        )}
      </Shown>
    </Page>
  );
}
