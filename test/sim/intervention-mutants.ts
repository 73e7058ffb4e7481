import type { Mutant } from "./mutants.ts";

const STATEMENTS = "src/interventions/statements.ts";
const SETTLED = "src/interventions/settled-statements.ts";
const DISMISSED = "SET state = 'cancelled', blocks = 0, reason = 'dismissed', was_dead = 1\n";

const retrying = (set: string): Mutant => [
  {
    file: STATEMENTS,
    find: '"schedule_from = schedule_from + (due_at > ?3 AND attempts > schedule_from)"',
    replace: `"${set}"`,
  },
];

/** Bugs about retries, dismissals and replays that somebody asks for. */
export const INTERVENTION_MUTANTS: Record<string, Mutant> = {
  "a retried head lets its key go on": retrying(
    "blocks = 0, schedule_from = schedule_from + (due_at > ?3 AND attempts > schedule_from)",
  ),
  "a retry begins the schedule anew": retrying("schedule_from = attempts"),
  "a retry uses up an attempt of the schedule": retrying("schedule_from = schedule_from"),
  "a retry brings forward what is scheduled": [
    {
      file: STATEMENTS,
      find: "    AND coalesce(m.deliver_at, 0) <= ?3\n    AND m.tenant_id",
      replace: "    AND m.tenant_id",
    },
    { file: STATEMENTS, find: "  WHERE coalesce(m.deliver_at, 0) <= ?3`;", replace: "`;" },
  ],
  "a replay forgets when a message is scheduled for": [
    { file: SETTLED, find: "coalesce(chosen.deliver_at, 0)),", replace: "0)," },
  ],
  "a dismissed dead letter blocks its key": [
    {
      file: "migrations/0001_edge_outbox.sql",
      find: " CHECK (blocks = 0 OR settled_at IS NULL OR state = 'dead')",
      replace: "",
    },
    {
      file: SETTLED,
      find: DISMISSED,
      replace: DISMISSED.replace("blocks = 0", "blocks = ordering_key IS NOT NULL"),
    },
  ],
  "a dismissal takes what goes to other endpoints": [
    {
      file: SETTLED,
      find: `${DISMISSED}      \${FROM_CHOSEN}\n        AND outbox_deliveries.state = 'dead'`,
      replace: `${DISMISSED}      FROM chosen WHERE outbox_deliveries.tenant_id = ?1 AND outbox_deliveries.seq = chosen.seq`,
    },
  ],
};
