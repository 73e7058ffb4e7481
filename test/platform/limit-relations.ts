import { limits as ours } from "../../src/platform/limits.ts";

const SECOND = 1000;
/** The request, and two questions to DNS. */
const SUBREQUESTS_PER_SEND = 3;
/** The last step of a tenant: what expires, of four kinds, five for its sums, and its place in the line. */
const STATEMENTS_PER_PURGE_STEP = 10;
/** The round, the progress, and the last batches, which are begun within the others. */
const STATEMENTS_AROUND_SUMS = 2 + 12;
/** Kept events of e-mails: the oldest are removed; those that are matched are read, found and recorded. */
const STATEMENTS_OF_EMAIL_EVENTS = 1 + 1 + 3 + 6;
/** The instants of the jobs, and the metrics that are pushed. */
const STATEMENTS_AROUND_JOBS = 1 + 7;
/** The search, its report, the searches for warnings, and three kinds of them. */
const STATEMENTS_PER_SWEEP = 2 + 4 + 3 * 3;
const STATEMENTS_PER_REPAIR = 4;
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

type Limits = typeof ours;
type Relation = readonly [holds: boolean, text: string];

/**
 * Asserts the relations that must hold between limits.
 * @throws {Error} naming the relation
 */
export function assertRelations(limits: Limits = ours): void {
  const relations = [ofSizes, ofInvocations, ofSchemas, ofTimes].flatMap((of) => of(limits));
  for (const [holds, text] of relations) {
    if (!holds) throw new Error(`limits.ts contradicts itself: it must hold that ${text}`);
  }
}

/** Relations of the limits of input, storage and hand-over. */
function ofSizes(limits: Limits): Relation[] {
  return [
    [
      limits.endpointsPerTenant + limits.targetsPerMessage <= limits.deliveriesPerCommit,
      "a message may go to all of a tenant's endpoints",
    ],
    [
      2 *
        Math.max(limits.announcementsPerSettling, limits.warnings.late.tenants, limits.warnings.dead.told) *
        limits.listenersPerSystemEvent <=
        limits.deliveriesPerCommit,
      "what a settling or a cron tells, to a tenant and to that of all system events, makes no more deliveries than a commit may",
    ],
    [limits.payloadBytes < limits.bodyBytes, "a payload fits into a body"],
    [limits.batchBodyBytes <= limits.bodyBytesOfTenant, "a tenant may hold its largest body"],
    [
      limits.bodyMs + limits.waitUntilMs + 2 * limits.d1AnswerMs < limits.bodyHeldMs,
      "a body is counted while it is held",
    ],
    [
      limits.bodyBytesOfTenant < limits.bodyBytesOfIsolate,
      "a tenant leaves capacity for another's largest body",
    ],
    [limits.payloadBytes <= limits.packBytes, "a payload fits into a pack"],
    [
      1.37 * limits.emailFilesBytes + limits.payloadBytes <= 5 * 1024 * 1024,
      "files from R2, in lines of base 64, fit an e-mail of Cloudflare's beside its payload",
    ],
    [
      2 * limits.emailFilesBytes <= limits.emailFilesAtOnceBytes &&
        6 * limits.emailFilesAtOnceBytes < limits.isolateBytes,
      "a large e-mail leaves capacity for another's files, and all that are sent at once fit into an isolate",
    ],
    [
      limits.emailAttachments <= limits.emailFilesPerCommit && limits.emailFilesHoldMs > 60_000,
      "a commit takes an e-mail with all of its files, which are held for as long as an attempt may last",
    ],
    [limits.packDeliveries % limits.keyRun === 0, "a pack is full of keys' runs"],
    [limits.keyRun <= limits.inFlightPerEndpoint, "a key's run may be in flight"],
    [
      limits.packDeliveries <= limits.watchedDeliveries ** limits.startsUnsuspected,
      "what kills its consumer is found among fewer each time",
    ],
    [
      limits.inFlightPerEndpoint === limits.tasksPerInvocation * limits.packDeliveries,
      "what is in flight is what one consumer is handed at once",
    ],
    [
      limits.inFlightPerEndpoint < limits.inFlightPerEndpointMost &&
        limits.inFlightPerEndpointMost < limits.inFlightPerHost &&
        limits.inFlightPerEndpointMost % limits.packDeliveries === 0,
      "an endpoint that keeps up may have more packs in flight, and leaves room for others at its host",
    ],
    [
      limits.inFlightPerEndpoint < limits.inFlightPerHost &&
        limits.inFlightPerHost % limits.packDeliveries === 0,
      "a host may have several endpoints' whole packs in flight",
    ],
    [limits.taskBytes <= limits.queueMessageBytes, "a task fits into a queue message"],
    [limits.taskBytes * limits.sendBatchMessages <= limits.sendBatchBytes, "100 tasks fit into a sendBatch"],
    [
      limits.unsettledSorted <= limits.lookedAtPerShown * limits.pageSizeMax,
      "putting what is unsettled in order costs no more than looking a page's entries through",
    ],
    [
      limits.fillingShare < limits.nearlyFullShare &&
        limits.nearlyFullShare < limits.purgeEarlyShare &&
        limits.purgeEarlyShare < limits.fullShare,
      "a database that fills is told of first, then purged early, and full last",
    ],
    [
      limits.secretOverlapSeconds <= limits.secretOverlapSecondsMax,
      "the default overlap of secrets is allowed",
    ],
  ];
}

/** Relations of the limits of one invocation with those of the platform. */
function ofInvocations(limits: Limits): Relation[] {
  return [
    [
      limits.tasksPerInvocation * (limits.packDeliveries + 1) * limits.d1QueriesPerSettling <
        limits.d1QueriesPerInvocation,
      "a consumer that settles every delivery by itself stays within D1's queries per invocation",
    ],
    [
      limits.concurrentSends *
        (2 * (limits.effectsPerHandler + limits.d1QueriesAroundEffects) +
          limits.d1QueriesPerSettling +
          limits.d1QueriesToCheckEffects +
          limits.d1QueriesPerHandler) <=
        limits.d1QueriesKeptForHandlers,
      "what handlers have begun can be written, whatever they give to commit, also if it is refused at first",
    ],
    [
      limits.d1QueriesPerInvocation +
        limits.tasksPerInvocation * limits.packDeliveries * SUBREQUESTS_PER_SEND <
        limits.subrequestsPerInvocation,
      "a consumer that asks D1 all it may, and looks up every name, stays within an invocation's subrequests",
    ],
    [
      limits.keyRun * limits.payloadBytes * limits.tasksPerInvocation < limits.isolateBytes / 2,
      "the payloads of an invocation take less than half of an isolate",
    ],
    [limits.concurrentSends < 6, "sends leave a connection for D1"],
    [
      limits.roundsPerDrain * (3 * limits.endpointsPerRound + 1) < limits.d1QueriesPerInvocation,
      "a drain stays within D1's queries per invocation",
    ],
    [
      limits.d1QueriesPerSettling *
        (limits.invocationMs / limits.settleAgainMs.to + limits.settleBackoffMs.length + 5) <
        limits.d1QueriesPerInvocation - limits.d1QueriesKept,
      "outcomes can be written again and again for as long as an invocation lasts",
    ],
    [limits.tenantsPerPurge <= limits.stepsPerPurge, "every tenant that a purge takes on gets a step"],
    [
      STATEMENTS_PER_SWEEP +
        STATEMENTS_PER_REPAIR +
        2 +
        limits.endpointsPerReseal +
        1 +
        limits.stepsPerPurge * (STATEMENTS_PER_PURGE_STEP + 1) +
        limits.sumsQueries +
        STATEMENTS_AROUND_SUMS +
        STATEMENTS_OF_EMAIL_EVENTS +
        STATEMENTS_AROUND_JOBS <
        limits.d1QueriesPerInvocation,
      "the jobs of the cron together stay within D1's queries per invocation",
    ],
  ];
}

/** Relations of the limits of schemas with an isolate. */
function ofSchemas(limits: Limits): Relation[] {
  return [
    [limits.schemasKeptBytes <= limits.isolateBytes / 4, "schemas take a quarter of an isolate, at most"],
    [
      limits.schemaBytes * limits.readySchemaFactor + limits.patternsPerSchema * limits.patternBytes <
        limits.schemasKeptBytes,
      "the largest schema can be kept",
    ],
    [
      limits.subschemas +
        limits.patternsPerSchema * limits.weightPerPattern +
        limits.patternsSize / limits.instructionsPerWeight +
        limits.schemaBytes / limits.charactersPerWeight <=
        limits.schemaWeightPerCommit,
      "a commit may need the largest schema",
    ],
    [
      2 *
        limits.schemaWeightPerCommit *
        Math.max(
          limits.charactersPerWeight * limits.readySchemaFactor,
          limits.patternBytes / limits.weightPerPattern,
        ) <
        limits.schemasKeptBytes,
      "the schemas that a commit needs can be kept",
    ],
  ];
}

/** Relations of the limits of time. */
function ofTimes(limits: Limits): Relation[] {
  return [
    [
      limits.settleEveryMs + sum(limits.settleBackoffMs) < limits.settleMarginSeconds * SECOND,
      "what waits for company is written before its lease ends",
    ],
    [
      limits.lateMs < limits.warnings.late.afterMs && limits.warnings.late.afterMs < limits.overdueMs,
      "lateness is told of before it fails the health check",
    ],
    [limits.cronMs < limits.sweepMissedMs, "a sweep is missed only when a cron was left out"],
    [
      sum(limits.settleBackoffMs) <= limits.settleAgainMs.from &&
        limits.settleAgainMs.from < limits.settleAgainMs.to,
      "the longer D1 does not answer, the less often it is asked",
    ],
    [limits.clockSkewMs < limits.breakerHoldMs, "clocks differ by less than the breaker holds"],
    [limits.drainMs < limits.staleAlarmMs, "a drain that is answered ends before its alarm looks stale"],
    [
      limits.stallMs < limits.slowMs &&
        limits.slowMs <= limits.hangsMs &&
        limits.hangsMs < limits.invocationBeginsMs,
      "an invocation hands in before an endpoint counts as slow, and that before an attempt hangs",
    ],
    [
      limits.tasksPerInvocation * limits.packMs < limits.invocationBeginsMs,
      "the packs of an invocation are carried out within its time",
    ],
    [
      limits.unseenPack < limits.packDeliveries,
      "an endpoint that nobody has seen gets less than one that keeps up",
    ],
    [limits.stallMs < limits.acceptedBodyMs, "an acceptance whose body does not end keeps no consumer"],
    [
      Math.max(limits.drainMs, limits.d1AnswerMs) + 2 * limits.d1AnswerMs + limits.queueAnswerMs <
        limits.invocationMs,
      "a drain that nobody answers ends long before the platform ends its alarm",
    ],
    [
      limits.queueAnswerMs + limits.relayBackoffMs <= limits.drainMs,
      "a queue that does not answer leaves time for the other channels in the same drain",
    ],
    [
      limits.wakeTrustedMs + limits.wakesForOthersMs + 2 * limits.wakeAnswerMs < limits.waitUntilMs / 2,
      "a request that wakes relays for others is through long before it is cut off",
    ],
    [
      limits.sweepMs + limits.wakeAnswerMs < limits.cronMs,
      "a sweep has woken whom it wakes before the next one begins",
    ],
    [limits.purgeMs < limits.cronMs / 2, "a purge ends well before the next one begins"],
  ];
}
