import type { Mutant } from "./mutants.ts";

/** Bugs about endpoints that ask to be spared. */
export const SPARE_MUTANTS: Record<string, Mutant> = {
  "tasks beside those under way send too many at once": [
    {
      file: "src/relay/plan-round.ts",
      find: "return Math.min(free - (free % window.step), spared);",
      replace: "return free - (free % window.step);",
    },
  ],
  "a consumer sends as many at once as it can, whatever its task says": [
    {
      file: "src/delivery/consume.ts",
      find: "invocation.slots.expect(task, task.sends);",
      replace: "invocation.slots.expect(task);",
    },
  ],
  "a claim that suspects divide is handed over whole": [
    {
      file: "src/relay/hand-over.ts",
      find: "(left >= 0 ? now : later).push(task);",
      replace: "now.push(task);",
    },
  ],
  "a commit hands over to an endpoint that counts its requests": [
    {
      file: "src/outbox/fan-out-statements.ts",
      find: " AND e.max_concurrency IS NULL",
      replace: "",
    },
  ],
};
