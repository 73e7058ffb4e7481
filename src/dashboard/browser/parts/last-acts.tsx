import { EVERY } from "../live.ts";
import { useRead } from "../query.ts";
import { linkTo } from "../router.ts";
import { w } from "../words/words.ts";
import { ActLines } from "./act.tsx";
import { visible } from "./format.ts";
import { Section } from "./page.tsx";
import { Empty, Shown } from "./shown.tsx";

const SHOWN = 5;

/** The latest administrative writes, of all tenants or of one. */
export function LastActs({ tenant }: { tenant?: string }) {
  const query = { limit: SHOWN, tenantId: tenant };
  const reading = useRead("/v1/audit", { query, every: EVERY.tail });
  const all = linkTo(tenant === undefined ? ["acts"] : ["t", tenant, "acts"]);
  return (
    <Section title={w.overview.lastActs} aside={<a href={all}>{w.overview.all}</a>}>
      <Shown reading={reading}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title={w.overview.noActs} />
          ) : (
            <ActLines
              acts={data}
              of={({ tenantId }) =>
                tenant === undefined && <a href={linkTo(["t", tenantId])}>{visible(tenantId)}</a>
              }
            />
          )
        }
      </Shown>
    </Section>
  );
}
