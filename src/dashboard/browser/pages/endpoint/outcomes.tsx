import { OutcomeCharts, OutcomesSpan, useOutcomes } from "../../parts/outcomes.tsx";
import { w } from "../../words/words.ts";

/** Outcomes of an endpoint over time. */
export function Outcomes({ tenant, endpoint }: { tenant: string; endpoint: string }) {
  const reading = useOutcomes(tenant, endpoint);
  return (
    <>
      <header class="page-head">
        <h2>{w.endpoints.outcomes}</h2>
        <div class="actions">
          <OutcomesSpan />
        </div>
      </header>
      <OutcomeCharts reading={reading} />
    </>
  );
}
