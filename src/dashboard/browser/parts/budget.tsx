import { w } from "../words/words.ts";
import { percent } from "./format.ts";

/** The part of a failure budget that is used, as a bar with its words. Marks stand where the outbox tells of it: 50, 70 and 90 %. */
export function Budget({ used, more }: { used: number; more?: string }) {
  const tone = used >= 90 ? "bad" : used >= 50 ? "warn" : "";
  return (
    <span class={`budget ${tone}`}>
      <span class="bar" aria-hidden="true">
        <span style={{ width: `${used}%` }} />
      </span>
      <span class="small">
        {w.endpoints.budgetUsed(percent(used / 100))}
        {more && ` · ${more}`}
      </span>
    </span>
  );
}
