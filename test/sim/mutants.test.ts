import { describe, expect, test } from "vitest";
import { HANDLER_MUTANTS } from "./handler-mutants.ts";
import { MUTANTS } from "./mutants.ts";
import { faultsWithoutOwnBug } from "./platform-mutants.ts";
import { runSim } from "./run-sim.ts";

/** Where those that are seldom found are looked for: a little before a history that shows them. */
const LOOK_FROM: Record<string, number> = {
  "an attempt is not held to the end of its lease": 28,
  "the leases of a run end one by one, and nobody looks at what blocks a delivery": 298,
  "poison is tried for ever": 33,
  "a change of health is told of by whoever comes to it": 876,
  "a rate limit is not used up": 1469,
  "an unanswered commit without a key is sent again": 32,
  "a dead head of a strict endpoint frees its key": 99,
  "skipping frees nobody": 66,
  "a replayed head does not block its key": 95,
  "the keys of an order that is strict no more are not let go": 176,
  "the fence looks at the first of several effects": 877,
  "effects are sent again without the fence when an answer was lost": 72,
  "a delivery without effects is forgotten when the batch is refused": 750,
  "the sweep waits for D1 as long as it takes": 39,
  "a request is not seen through when its client hangs up": 98,
  "an alarm that has not gone off is trusted for ever": 27,
  "a claim in vain is suspected": 465,
  "a wake in flight never ends": 72,
  "an unknown handler is not asked for again": 96,
  "a relay told of an alarm calls for nothing later": 107,
  "a retry begins the schedule anew": 628,
  "a retry uses up an attempt of the schedule": 200,
  "a retried head lets its key go on": 57,
  "a retry brings forward what is scheduled": 660,
  "a clock is read before an alarm looks at the standing one": 525,
  "the sweep waits for a relay that does not answer": 1500,
  "an alarm sets the next one for the instant at which it began to": 85,
  "effects that were checked by outdated event types are refused": 235,
  "a replay forgets when a message is scheduled for": 70,
  "a dismissed dead letter blocks its key": 122,
  "a dismissal takes what goes to other endpoints": 107,
  "the cron leaves out a first attempt that has its own row": 40,
  "a retry has no time at which it is looked at again": 1,
  "the next of a key is not freed": 1,
  "the outcome of a delivery is not written": 1,
  "the sweep finds nobody": 1,
  "a breaker that has opened stays open": 1,
  "an announcement is made also by who has lost the lease": 174,
  "a commit hands over what comes after a scheduled one of its key": 23,
  "the lease of a commit does not end": 1,
  "a 429 spends an attempt": 430,
  "an account that refuses everybody keeps its e-mails": 260,
  "e-mails that share a request are not on record before it is sent": 140,
  "there is one breaker for all senders": 262,
  "an e-mail is sent though it has expired": 692,
  "an e-mail whose consumer died shares another request": 512,
  "an e-mail that is held in doubt is sent before that is on record": 158,
  "an e-mail that is held in doubt is sent again": 66,
  "an e-mail that may have been taken goes by another account": 62,
  "an e-mail is looked for at the first account of its pool": 376,
  "an invocation that hands in gives back its attempts, too": 584,
  "a claim that suspects divide is handed over whole": 575,
};

/** The first history with handlers in it. */
const FIRST_WITH_HANDLERS = 5;

describe("the simulator", () => {
  test("makes the same history of the same seed, byte for byte", async () => {
    const [first, second] = await Promise.all([runSim("--seed", "7"), runSim("--seed", "7")]);
    expect(first).toEqual(second);
    expect(first.output).toContain("All is well.");
  });

  test("gives each fault of the platform a bug that it alone finds", () => {
    expect(faultsWithoutOwnBug()).toEqual([]);
  });

  test.concurrent.each(Object.keys(MUTANTS))("finds within 1,000 histories that %s", async (name) => {
    const { exitCode, output } = await runSim(
      "--mutant",
      name,
      "--from",
      String(LOOK_FROM[name] ?? (name in HANDLER_MUTANTS ? FIRST_WITH_HANDLERS : 1)),
      "--seeds",
      "1000",
    );
    expect(output).toMatch(/seed \d+ failed/);
    expect(exitCode).toBe(1);
  });
});
