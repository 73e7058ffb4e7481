import type { Mutant, Patch } from "./mutants.ts";

const WRITE = "src/delivery/write-verdicts.ts";
const SETTLE_EFFECTS = "src/delivery/settle-effects.ts";
const STATEMENTS = "src/delivery/statements.ts";
const EFFECTS = "src/outbox/effects.ts";

const settleInTwo = (...batches: string[]): Patch => ({
  file: WRITE,
  find: "] = await inOneBatch(db, [\n",
  replace: `] = await (async (groups) => {\n    ${batches.join("\n    ")}\n  })([\n`,
});

/** Bugs about what handlers give to commit. */
export const HANDLER_MUTANTS: Record<string, Mutant> = {
  "the fence of effects refuses nobody": [
    {
      file: STATEMENTS,
      find: "FROM json_each(?4) ref\n      WHERE NOT EXISTS (",
      replace: "FROM json_each(?4) ref\n      WHERE 0 AND NOT EXISTS (",
    },
  ],
  "the fence of effects looks at the state, not at the token": [
    {
      file: STATEMENTS,
      find: "d.endpoint_id = ?2 AND d.lease_token = ?3)`)",
      replace: "d.endpoint_id = ?2 AND d.state = 'leased' AND ?3 <> '')`)",
    },
  ],
  "the fence looks at the first of several effects": [
    {
      file: WRITE,
      find: "const seqs = given.map(",
      replace: "const seqs = given.slice(0, 1).map(",
    },
  ],
  "effects are a batch of their own, before the settling": [
    settleInTwo(
      "const early = await inOneBatch(db, groups.slice(0, 2));",
      "return [...early, ...(await inOneBatch(db, groups.slice(2)))];",
    ),
  ],
  "effects are a batch of their own, after the settling": [
    settleInTwo(
      "const settling = await inOneBatch(db, groups.slice(2));",
      "return [[], (await inOneBatch(db, [groups[1]]))[0], ...settling];",
    ),
  ],
  "effects are sent again without the fence when an answer was lost": [
    {
      file: WRITE,
      find: "export interface WriteTools ",
      replace: "const sent = new WeakSet();\nexport interface WriteTools ",
    },
    {
      file: WRITE,
      find: "[...fenceEffects(db, task, given), ",
      replace:
        "[...(given.length === 0 || sent.has(verdicts) || !sent.add(verdicts) ? [] : fenceEffects(db, task, given)), ",
    },
  ],
  "refused effects count as delivered": [
    {
      file: SETTLE_EFFECTS,
      find: "effects ? [effects.refused(refusalOf(error, effects.planned))] : []",
      replace: "[{ ...verdict, effects: undefined }]",
    },
  ],
  "effects that one of several spoils are all refused": [
    {
      file: SETTLE_EFFECTS,
      find: "  const others = verdicts.filter(({ effects }) => !effects);\n",
      replace:
        "  if (verdicts.length > 0) return writeVerdicts(tools, settling, verdicts.map((one) => one.effects?.refused(new Error('spoilt')) ?? one));\n  const others = verdicts.filter(({ effects }) => !effects);\n",
    },
  ],
  "a delivery without effects is forgotten when the batch is refused": [
    { file: SETTLE_EFFECTS, find: "[...(others.length > 0 ? [others] : []), ", replace: "[" },
  ],
  "effects that were checked by outdated event types are refused": [
    {
      file: SETTLE_EFFECTS,
      find: "effects && isNotAdmitted(error) &&",
      replace: "effects && !isNotAdmitted(error) && 0 &&",
    },
  ],
  "the effects of a handler are dropped": [
    {
      file: EFFECTS,
      find: "statements: [...writes, ...insertion.statements],",
      replace: "statements: [...writes, ...insertion.statements.slice(0, -1)],",
    },
  ],
  "the statements of a handler run in the opposite order": [
    {
      file: EFFECTS,
      find: "  const { writes } = planned;",
      replace: "  const writes = planned.writes.toReversed();",
    },
  ],
  "a handler that is not there has delivered": [
    {
      file: "src/channels/handler/handler.ts",
      find: "return temporary(HANDLER_UNKNOWN, { excerpt });",
      replace:
        "if (known) return replyTo(undefined, now());\n        return temporary(HANDLER_UNKNOWN, { excerpt });",
    },
  ],
  "a late answer of a handler counts": [
    {
      file: "src/channels/until-aborted.ts",
      find: "const abort = () => reject(signal.reason);",
      replace: "const abort = () => {};",
    },
  ],
};
