import type { Mutant } from "./mutants.ts";

/** Bugs about what comes back after an e-mail was taken. */
export const EVENT_MUTANTS: Record<string, Mutant> = {
  "an event that overtakes its e-mail is forgotten": [
    {
      file: "src/email-events/record-events.ts",
      find: "lost.flatMap((event) => waitingFor(event) ?? [])",
      replace: "lost.flatMap((event) => (waitingFor(event) ?? []) && [])",
    },
  ],
  "kept events are dropped before their e-mail is on record": [
    {
      file: "src/email-events/statements.ts",
      find: "WHERE d.provider_ref = u.ref AND d.provider_ref IS NOT NULL)\n      LIMIT",
      replace: "WHERE d.provider_ref IS NOT NULL)\n      LIMIT",
    },
  ],
  "kept events stay when they are recorded": [
    {
      file: "src/email-events/match-kept.ts",
      find: "some.map(({ id }) => id)",
      replace: "some.map(({ id }) => [id, 0].join())",
    },
  ],
  "an event is told of each time that it comes": [
    {
      file: "src/outbox/announcement-statements.ts",
      find: "m.id IS NOT NULL AND NOT EXISTS (\n  SELECT 1 FROM outbox_email_events",
      replace:
        "m.id IS NOT NULL AND NOT EXISTS (\n  SELECT 1 FROM (SELECT * FROM outbox_email_events WHERE 0)",
    },
  ],
  "an e-mail goes to a suppressed address": [
    {
      file: "src/delivery/suppressed.ts",
      find: "new Set(found.filter((one) => one.topic === topic).map(({ address }) => address));",
      replace:
        "new Set(found.filter((one) => one.topic === topic).map(({ address }) => [address, 0].join()));",
    },
  ],
};
