import { EVERY } from "../live.ts";
import { useRead } from "../query.ts";
import { linkTo } from "../router.ts";
import { w } from "../words/words.ts";
import { CallerName, Operation } from "./act.tsx";
import { visible } from "./format.ts";
import { Section } from "./page.tsx";
import { Empty, Shown } from "./shown.tsx";
import { Time } from "./time.tsx";

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
            <ul class="lines">
              {data.map((act) => (
                <li key={act.id}>
                  <span>
                    <Operation id={act.operation} />{" "}
                    {tenant === undefined && (
                      <a href={linkTo(["t", act.tenantId])}>{visible(act.tenantId)}</a>
                    )}
                  </span>
                  <span class="small">
                    <CallerName of={act} /> · <Time at={act.at} />
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
    </Section>
  );
}
