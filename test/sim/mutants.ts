import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EVENT_MUTANTS } from "./event-mutants.ts";
import { HANDLER_MUTANTS } from "./handler-mutants.ts";
import { INTERVENTION_MUTANTS } from "./intervention-mutants.ts";
import { IGNORE_BLOCKED, LEASE_MUTANTS } from "./lease-mutants.ts";
import { MAIL_MUTANTS } from "./mail-mutants.ts";
import { PLATFORM_MUTANTS } from "./platform-mutants.ts";
import { SPARE_MUTANTS } from "./spare-mutants.ts";
import { SUM_MUTANTS } from "./sum-mutants.ts";

const ROOT = join(import.meta.dirname, "../..");

/** A text that is replaced. It stands in the file exactly once. */
export interface Patch {
  file: string;
  find: string;
  replace: string;
}

/** A bug put in on purpose, which the simulator must find. Where two guards hold the same thing, both are taken away. */
export type Mutant = readonly Patch[];

const ONLY_DEAD_HEADS_BLOCK: Patch = {
  file: "src/delivery/statements.ts",
  find: "AND (blocks = 1 OR",
  replace: "AND ((blocks = 1 AND state = 'dead') OR",
};

export const MUTANTS: Record<string, Mutant> = {
  "settling is not fenced by the lease": [
    {
      file: "src/delivery/statements.ts",
      find: "        AND outbox_deliveries.lease_token = ?3\n      RETURNING seq",
      replace: "        AND (outbox_deliveries.lease_token = ?3 OR 1)\n      RETURNING seq",
    },
  ],
  "attempts are recorded by whoever comes": [
    {
      file: "src/delivery/statements.ts",
      find: "      WHERE d.lease_token = ?3 AND a.value ->> '$.attempt.outcome' IS NOT NULL",
      replace: "      WHERE (d.lease_token = ?3 OR 1) AND a.value ->> '$.attempt.outcome' IS NOT NULL",
    },
  ],
  "a retry has no time at which it is looked at again": [
    { file: "src/delivery/judge.ts", find: "?? now + Math.max(", replace: "?? 9e14 + Math.max(" },
  ],
  "a failure counts as delivered": [
    {
      file: "src/delivery/judge.ts",
      find: 'if (delayMs === undefined) return { outcome: "dead", reason: "exhausted" };',
      replace: 'if (delayMs === undefined) return { outcome: "delivered" };',
    },
  ],
  "a claim takes whatever is due, and nobody looks at what blocks it": [
    { file: "src/relay/statements.ts", find: "d.ordering_key IS NULL OR NOT", replace: "1 OR ?7 > 0 OR NOT" },
    IGNORE_BLOCKED,
  ],
  "a run goes on behind one that is not due": [
    {
      file: "src/relay/statements.ts",
      find: "run.length < ?7 AND next.due_at <= ?4",
      replace: "run.length < ?7 AND (next.due_at <= ?4 OR 1)",
    },
  ],
  "the leases of a run end one by one, and nobody looks at what blocks a delivery": [
    { file: "src/relay/statements.ts", find: "min(run.head_claims, ?8)", replace: "min(claims, ?8)" },
    IGNORE_BLOCKED,
  ],
  "the next of a key is not freed": [
    {
      file: "migrations/0001_edge_outbox.sql",
      find: "BEGIN UPDATE outbox_deliveries SET behind = 0",
      replace: "BEGIN UPDATE outbox_deliveries SET behind = 1",
    },
  ],
  "the next of a key is sent before the one before it is on record": [
    {
      file: "src/delivery/carry-out.ts",
      find: "    const settled = await recorded;\n    if (!settled.seqs.has(row.seq)) return giveBack(tools, run, rest);",
      replace: "    recorded.catch(() => {});",
    },
  ],
  "a key goes on after a failure": [
    {
      file: "src/delivery/carry-out.ts",
      find: "    if (verdict.dueAt !== null)",
      replace: "    if (verdict.dueAt === -1)",
    },
    ONLY_DEAD_HEADS_BLOCK,
  ],
  "an attempt is not held to the end of its lease": [
    {
      file: "src/delivery/leave.ts",
      find: "return tools.clock.now() > lastBeginning(tools, row);",
      replace: "return tools.clock.now() > lastBeginning(tools, row) + 1e12;",
    },
  ],
  "an invocation that hands in gives back its attempts, too": [
    {
      file: "src/delivery/consume.ts",
      find: "() => invocation.slots.open()",
      replace: `() => {
    invocation.slots.open();
    for (const ledger of invocation.ledgers) ledger.giveBackAll?.();
  }`,
    },
    {
      file: "src/delivery/carry-out.ts",
      find: "  invocation.ledgers.add(ledger);\n",
      replace: `  invocation.ledgers.add(ledger);
  Object.assign(ledger, { giveBackAll: () => ledger.recordLater(rows.map((row) => untried(tools, run, row))) });
`,
    },
  ],
  "the outcome of a delivery is not written": [
    {
      file: "src/delivery/carry-out.ts",
      find: "    if (rest.length === 0) return run.ledger.recordLater([verdict]);",
      replace: "    if (rest.length === 0) return;",
    },
  ],
  "the claims that a queue refused are not due again": [
    {
      file: "src/relay/statements.ts",
      find: "SET due_at = coalesce(?4, was_due_at, claimed_at),",
      replace: "SET due_at = coalesce(?4, was_due_at, claimed_at) + 9e14,",
    },
  ],
  "the sweep finds nobody": [
    { file: "src/upkeep/sweep.ts", find: "now - limits.sweepGraceMs", replace: "now - 1e13" },
  ],
  "a purge removes what is still pending": [
    { file: "src/upkeep/statements.ts", find: "d.settled_at IS NULL OR ", replace: "" },
  ],
  "a purge removes the newest message": [
    {
      file: "src/upkeep/statements.ts",
      find: "  AND id <> $",
      replace: "  AND id <> 1 + $",
    },
  ],
  "a purge does not look at how long a dead letter is kept": [
    {
      file: "src/upkeep/statements.ts",
      find: "iif(d.state = 'dead', ?6, ?5)",
      replace: "iif(d.state = 'dead', ?5, ?5 + ?6 - ?6)",
    },
  ],
  "a purge leaves the attempts behind": [
    { file: "src/upkeep/purge.ts", find: '    purgeRest(db, "outbox_attempts", step),\n', replace: "" },
  ],
  "a purge does not come back for what it has kept": [
    {
      file: "src/upkeep/statements.ts",
      find: "SET purge_after = 0, purge_at",
      replace: "SET purge_after = purge_after, purge_at",
    },
  ],
  "the sequence is not the tenant's own": [
    {
      file: "src/db/message-key.ts",
      find: "FROM outbox_messages WHERE id >=",
      replace: "FROM outbox_messages WHERE 1 OR id >=",
    },
  ],
  "a breaker that has opened stays open": [
    {
      file: "src/delivery/health.ts",
      find: "heldUntil: now + holdMs,",
      replace: "heldUntil: now + holdMs * 1e9,",
    },
  ],
  "poison is tried for ever": [
    {
      file: "src/delivery/carry-out.ts",
      find: "const isKilling = isPoison(row.starts);",
      replace: "const isKilling = isPoison(row.starts - 1e9);",
    },
  ],
  "starts are counted when a delivery is claimed, not when its attempt begins": [
    {
      file: "src/relay/statements.ts",
      find: "claims = claims + 1,",
      replace: "claims = claims + 1, starts = starts + 1,",
    },
  ],
  "a claim in vain is suspected": [
    {
      file: "src/relay/pack-tasks.ts",
      find: "Math.max(...rows.map(({ starts }) => starts))",
      replace: "Math.max(...rows.map(({ claims }) => claims - 4))",
    },
  ],
  "an announcement is made also by who has lost the lease": [
    {
      file: "src/outbox/announcement-statements.ts",
      find: "AND d.lease_token = ?5 ->> 'leaseToken')",
      replace: "AND ?5 IS NOT NULL)",
    },
  ],
  "a change of health is told of by whoever comes to it": [
    {
      file: "src/outbox/announcement-statements.ts",
      find: 'if (guard.kind === "health") return hasHealth(at, ENDPOINT_STATES);',
      replace: 'if (guard.kind === "health") return "?5 IS NOT NULL";',
    },
  ],
  "a rate limit is not used up": [
    {
      file: "src/relay/statements.ts",
      find: "AND rate_limit = ?5 AND claimed.count > 0",
      replace: "AND rate_limit = ?5 AND claimed.count < 0",
    },
  ],
  "the app's statements are a batch of their own": [
    {
      file: "src/outbox/run-batch.ts",
      find: "await inOneBatch(db, [\n    before,\n    plan.writes,\n    [...insertion.statements, charge],\n  ]);",
      replace:
        "[...(await inOneBatch(db, [[], plan.writes])), ...(await inOneBatch(db, [before, [], [...insertion.statements, charge]])).slice(2)];",
    },
  ],
  "a repeated commit is not recognized": [
    {
      file: "src/outbox/run-batch.ts",
      find: "const guard = key === undefined",
      replace: "const guard = key !== 'x'",
    },
  ],
  "an unanswered commit without a key is sent again": [
    {
      file: "src/outbox/run-batch.ts",
      find: "  if (plan.key !== undefined) {\n    return runOnce",
      replace: "  if (plan.now > 0) {\n    return runOnce",
    },
  ],
  "a dead head of a strict endpoint frees its key": [
    {
      file: "src/delivery/statements.ts",
      find: "(v.state = 'dead' AND EXISTS (",
      replace: "(v.state = 'dead' AND 0 AND EXISTS (",
    },
  ],
  "skipping frees nobody": [
    {
      file: "src/interventions/statements.ts",
      find: "UPDATE outbox_deliveries SET blocks = 0\n      WHERE tenant_id = ?1",
      replace: "UPDATE outbox_deliveries SET blocks = 1\n      WHERE tenant_id = ?1",
    },
  ],
  "a replayed head does not block its key": [
    {
      file: "src/interventions/settled-statements.ts",
      find: "blocks = ordering_key IS NOT NULL,",
      replace: "blocks = 0,",
    },
  ],
  "the keys of an order that is strict no more are not let go": [
    {
      file: "src/relay/statements.ts",
      find: "UPDATE outbox_deliveries SET blocks = 0",
      replace: "UPDATE outbox_deliveries SET blocks = 1",
    },
  ],
  ...HANDLER_MUTANTS,
  ...INTERVENTION_MUTANTS,
  ...LEASE_MUTANTS,
  ...EVENT_MUTANTS,
  ...MAIL_MUTANTS,
  ...SPARE_MUTANTS,
  ...SUM_MUTANTS,
  ...Object.fromEntries(Object.entries(PLATFORM_MUTANTS).map(([name, { patches }]) => [name, patches])),
};

let active: Mutant = [];

/** From now on modules are loaded with the bug in them. */
export function plant(name: string): void {
  const mutant = MUTANTS[name];
  if (!mutant)
    throw new Error(`There is no mutant "${name}". There are:\n  ${Object.keys(MUTANTS).join("\n  ")}`);
  active = mutant;
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      const path = url.startsWith("file:") ? fileURLToPath(url) : "";
      return patchesOf(path).length > 0 ? { ...loaded, source: readSource(path) } : loaded;
    },
  });
}

/** The text of a file, with the bug in it if it has one. */
export function readSource(path: string): string {
  return patchesOf(path).reduce(
    (text, { file, find, replace }) => {
      const places = text.split(find).length - 1;
      if (places !== 1)
        throw new Error(`${file} has ${places} places for the mutant, and needs one:\n${find}`);
      return text.replace(find, () => replace);
    },
    readFileSync(path, "utf8"),
  );
}

function patchesOf(path: string): Patch[] {
  return active.filter(({ file }) => path === join(ROOT, file));
}
