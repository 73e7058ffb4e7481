import type { Mutant } from "./mutants.ts";

const COUNT = "src/delivery/count-outcomes.ts";
const SUMS = "src/upkeep/sum-statements.ts";

/** Bugs about the sums of outcomes. */
export const SUM_MUTANTS: Record<string, Mutant> = {
  "a settling counts what the cron will count": [
    {
      file: COUNT,
      find: "AND NOT (v.value ->> 'state' = 'delivered'",
      replace: "AND NOT (0 AND v.value ->> 'state' = 'delivered'",
    },
  ],
  "a settling leaves to the cron what that has passed by": [
    {
      file: COUNT,
      find: "AND d.seq > (SELECT summed_to FROM outbox_tenants WHERE id = ?1)",
      replace: "AND ?5 > 0",
    },
  ],
  "outcomes are counted by whoever comes": [
    { file: COUNT, find: "WHERE d.lease_token = ?3 AND", replace: "WHERE (d.lease_token = ?3 OR 1) AND" },
  ],
  "deliveries that die untried are not counted": [
    { file: COUNT, find: " OR v.value ->> 'state' = 'dead')", replace: ")" },
  ],
  "the cron leaves out a first attempt that has its own row": [
    { file: SUMS, find: "WHERE a.n = 1 AND a.outcome", replace: "WHERE 0 AND a.outcome" },
  ],
  "the cron counts later attempts that delivered, too": [
    { file: SUMS, find: "WHERE a.n = 1 AND a.outcome", replace: "WHERE a.outcome" },
  ],
  "the watermark does not move with the sums": [
    {
      file: "src/upkeep/sum-up.ts",
      find: "const [, moved] = await this.#tools.db.batch<SummedRow>(statements);",
      replace:
        "const [sums, move] = statements; await this.#tools.db.batch([sums]); const [moved] = await this.#tools.db.batch<SummedRow>([move]);",
    },
  ],
  "the purge removes what is not in the sums": [
    {
      file: "src/upkeep/purge.ts",
      find: "[...sumUp(db, toSum, Number.MAX_SAFE_INTEGER), ...removal()]",
      replace: "removal()",
    },
  ],
  "the deployment's sums leave out what is settled": [
    {
      file: COUNT,
      find: "UNION ALL SELECT '', channel FROM outbox_endpoints WHERE tenant_id = ?1 AND id = ?2",
      replace: "",
    },
  ],
};
