import { duration } from "../../parts/format.ts";
import { w } from "../../words/words.ts";

/** A retry schedule, drawn on a line: an attempt a mark, the longer waits drawn together, and told in words. */
export function RetryLine({ waits }: { waits: readonly number[] }) {
  let total = 0;
  const at = [0, ...waits.map((wait) => (total += wait))];
  const most = Math.log1p(total) || 1;
  return (
    <div class="retry-line">
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <path d="M0 3H100" />
        {at.map((seconds, n) => (
          <rect key={n} x={(Math.log1p(seconds) / most) * 99} y="0" width="1" height="6" />
        ))}
      </svg>
      <p class="small">
        {waits.length === 0
          ? w.endpoints.oneAttempt
          : w.endpoints.givesUp(waits.length + 1, duration(total * 1000))}
      </p>
    </div>
  );
}
