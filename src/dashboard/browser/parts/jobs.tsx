import type { Answer } from "../api.ts";
import { w } from "../words/words.ts";
import { Mark } from "./marks.tsx";
import { Time, useNow } from "./time.tsx";

const MINUTE = 60_000;
/** Time after which a job is overdue: the sweep runs each minute, outcomes are summed up every five. Others may have nothing to do. */
const OVERDUE_MS: Record<string, number> = { sweep: 3 * MINUTE, sums: 15 * MINUTE };

/** When each job of the cron last ended well. */
export function Jobs({ health: { jobs } }: { health: Answer<"/v1/overview">["health"] }) {
  const now = useNow();
  return (
    <dl class="lines">
      {Object.entries(jobs).map(([job, endedAt]) => {
        const isOverdue =
          endedAt !== null && now - Date.parse(endedAt) > (OVERDUE_MS[job] ?? Number.POSITIVE_INFINITY);
        return (
          <div key={job}>
            <dt>{w.overview.jobs[job as keyof typeof jobs] ?? job}</dt>
            <dd>
              {isOverdue && (
                <Mark tone="bad" icon="clock">
                  {w.overview.overdueJob}
                </Mark>
              )}{" "}
              {endedAt === null ? w.overview.never : <Time at={endedAt} />}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
