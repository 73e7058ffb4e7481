import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(import.meta.dirname, "../..");

/** A bug put in on purpose: the simulator must find it. The text it replaces stands in the file exactly once. */
export interface Mutant {
  file: string;
  find: string;
  replace: string;
}

export const MUTANTS: Record<string, Mutant> = {
  "settling is not fenced by the lease": {
    file: "src/delivery/statements.ts",
    find: "        AND deliveries.lease_token = ?3\n      RETURNING seq",
    replace: "        AND (deliveries.lease_token = ?3 OR 1)\n      RETURNING seq",
  },
  "a retry has no time at which it is looked at again": {
    file: "src/delivery/judge.ts",
    find: "dueAt: now + Math.max(",
    replace: "dueAt: 9e14 + Math.max(",
  },
  "a claim takes whatever is due, and cuts keys in two": {
    file: "src/relay/statements.ts",
    find: "AND d.due_at <= ?4 AND (d.ordering_key IS NULL OR NOT ${BLOCKED})",
    replace: "AND d.due_at <= ?4 AND (1 OR ?7)",
  },
  "a run goes on behind one that is not due": {
    file: "src/relay/statements.ts",
    find: "run.length < ?7 AND next.due_at <= ?4",
    replace: "run.length < ?7 AND (next.due_at <= ?4 OR 1)",
  },
  "the next of a key is not freed": {
    file: "migrations/0001_outbox.sql",
    find: "UPDATE deliveries SET behind = 0\n",
    replace: "UPDATE deliveries SET behind = 1\n",
  },
  "the next of a key is sent before the one before it is on record": {
    file: "src/delivery/carry-out.ts",
    find: "    const settled = await recordOrClose(round, verdict);\n    if (!settled.seqs.has(row.seq)) return giveBack(tools, round, rest);",
    replace: "    round.ledger.leave([verdict]);",
  },
  "a key goes on after a failure": {
    file: "src/delivery/carry-out.ts",
    find: "    if (verdict.dueAt !== null)",
    replace: "    if (verdict.dueAt === -1)",
  },
  "a late task sends what is left of its lease, whatever comes before it": {
    file: "src/delivery/carry-out.ts",
    find: "  if (lane[0]?.blocked) return giveBack(tools, round, lane);\n",
    replace: "",
  },
  "an attempt is not held to the end of its lease": {
    file: "src/delivery/carry-out.ts",
    find: "if (round.closed || endsBy > row.due_at)",
    replace: "if (round.closed || endsBy > row.due_at + 1e12)",
  },
  "the sweep finds nobody": {
    file: "src/upkeep/sweep.ts",
    find: "startedAt - limits.sweepGraceMs",
    replace: "startedAt - 1e13",
  },
  "the sequence is not the tenant's own": {
    file: "src/outbox/statements.ts",
    find: 'const LAST_SEQ = "(SELECT coalesce(max(seq), 0) FROM messages WHERE tenant_id = ?1)";',
    replace: 'const LAST_SEQ = "(SELECT coalesce(max(seq), 0) FROM messages WHERE tenant_id >= ?1)";',
  },
  "the app's statements are a batch of their own": {
    file: "src/outbox/commit.ts",
    find: "  const results = await db.batch<{ seq: number }>([\n    ...guard,\n    ...appWrites,",
    replace:
      "  const early = await db.batch(appWrites);\n  const results = await db.batch<{ seq: number }>([\n    ...guard,\n    ...early.map(() => db.prepare('SELECT 1')),",
  },
  "a repeated commit is not recognized": {
    file: "src/outbox/commit.ts",
    find: "const guard =\n    plan.key === undefined",
    replace: "const guard =\n    plan.key !== 'x'",
  },
  "an unanswered commit without a key is sent again": {
    file: "src/outbox/commit.ts",
    find: "  if (plan.key !== undefined) {\n    return runOnce",
    replace: "  if (plan.nonce !== '') {\n    return runOnce",
  },
  "a failure counts as delivered": {
    file: "src/delivery/judge.ts",
    find: 'if (delayMs === undefined) return { outcome: "dead", reason: "exhausted" };',
    replace: 'if (delayMs === undefined) return { outcome: "delivered" };',
  },
  "attempts are recorded by whoever comes": {
    file: "src/delivery/statements.ts",
    find: "      WHERE d.lease_token = ?3 AND a.value ->> '$.attempt.outcome' IS NOT NULL",
    replace: "      WHERE (d.lease_token = ?3 OR 1) AND a.value ->> '$.attempt.outcome' IS NOT NULL",
  },
  "the claims that a queue refused are given up": {
    file: "src/relay/statements.ts",
    find: "SET state = 'pending', lease_token = NULL, due_at = ?4, claims = max(claims - 1, 0)",
    replace: "SET state = 'pending', lease_token = NULL, due_at = ?4 + 9e14, claims = max(claims - 1, 0)",
  },
};

let active: Mutant | undefined;

/** From now on modules are loaded with the bug in them. */
export function plant(name: string): void {
  active = MUTANTS[name];
  if (!active)
    throw new Error(`There is no mutant "${name}". There are:\n  ${Object.keys(MUTANTS).join("\n  ")}`);
  const path = join(ROOT, active.file);
  if (path.endsWith(".sql")) return void readSource(path);
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      if (!url.startsWith("file:") || fileURLToPath(url) !== path) return loaded;
      return { ...loaded, source: readSource(path) };
    },
  });
}

/** The text of a file, with the bug in it if it is the one. */
export function readSource(path: string): string {
  const text = readFileSync(path, "utf8");
  if (!active || path !== join(ROOT, active.file)) return text;
  const places = text.split(active.find).length - 1;
  if (places !== 1)
    throw new Error(`${active.file} has ${places} places for the mutant, and needs one:\n${active.find}`);
  return text.replace(active.find, () => active?.replace ?? "");
}
