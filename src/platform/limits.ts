/** Every number the outbox is bounded by. How they depend on one another: `limit-relations.ts`. */
import { doorLimits } from "./door-limits.ts";
import { schemaLimits } from "./schema-limits.ts";

const KIB = 1024;
const SECOND = 1000;
const HOUR = 3600 * SECOND;

export const limits = {
  /** A message's payload as JSON, in UTF-8. The row must stay far under D1's 2 MB. */
  payloadBytes: 256 * KIB,
  /** Payloads are gzipped from so many bytes on, where that makes them smaller. */
  gzipFromBytes: 800,
  /** Of larger ones so many bytes are tried first, and have to become so much smaller. */
  gzipTriedFromBytes: 8 * KIB,
  gzipTriedBytes: 4 * KIB,
  gzipTriedRatio: 0.7,
  /** Messages in one commit, hence statements in one batch. */
  messagesPerCommit: 100,
  eventTypeLength: 128,
  handlerNameLength: 64,
  orderingKeyLength: 256,
  idempotencyKeyLength: 256,
  /** W3C: members, and the characters that are kept. */
  tracestate: { members: 32, length: 512 },
  targetsPerMessage: 100,
  /** Deliveries that one commit makes: rows that one transaction writes. */
  deliveriesPerCommit: 5000,
  /** System events in a transaction that settles, and the endpoints that each goes to: those of a tenant that were made first. */
  announcementsPerSettling: 10,
  listenersPerSystemEvent: 10,
  deliverAtAheadMs: 366 * 24 * HOUR,
  endpointsPerTenant: 500,
  eventTypesPerEndpoint: 100,
  descriptionLength: 512,
  urlLength: 2048,
  /** A host name as DNS has it (RFC 1035), without the dot at the end. */
  hostnameLength: 253,
  headersPerEndpoint: 20,
  headerNameLength: 128,
  headerValueLength: 1024,
  retriesPerSchedule: 30,
  /** Between two attempts, as an endpoint may ask for it: a schedule without waits is an attack on its receiver. */
  retryDelaySecondsMin: 1,
  retryDelaySeconds: 7 * 24 * 3600,
  statusesToGiveUpOn: 50,
  /** Deliveries per second that an endpoint may ask for. */
  rateLimitMin: 0.01,
  rateLimitMax: 1000,
  /** A webhook's signing secret that the outbox makes, and one that is brought along (Standard Webhooks). */
  secretBytes: 32,
  givenSecretBytes: { from: 24, to: 64 },
  /** How long a webhook secret that was rotated out signs beside the new one: by default, and at most. */
  secretOverlapSeconds: 24 * 3600,
  secretOverlapSecondsMax: 30 * 24 * 3600,
  previousSecrets: 5,
  recipients: 50,
  subjectLength: 998,

  operatorTokens: { most: 50, lengthMin: 16 },
  /** Of an audit filter: the name of an operator, or the id of a token. */
  callerIdLength: 64,
  tokensPerTenant: 1000,
  /** An isolate writes down this often that a token is used, and knows of so many when it last did. */
  tokenUse: { everyMs: 5 * 60 * SECOND, known: 10_000 },
  tokenSecondsMin: 60,
  tokenSeconds: 90 * 24 * 3600,
  tokenSecondsMax: 366 * 24 * 3600,
  eventTypesPerTenant: 1000,
  /** A token as text; ours have some 400 characters. What is longer is not even looked at. */
  tokenLength: 1024,
  ...doorLimits,
  ...schemaLimits,
  /** How often a commit is begun anew because its tenant's event types have changed meanwhile. */
  commitTries: 3,
  pageSize: 50,
  pageSizeMax: 100,
  /** For each entry that a page of a filtered list may show, it looks at so many. */
  lookedAtPerShown: 100,
  /** Of what is unsettled, a list by state puts so many in order; where there are more, it looks through all states. */
  unsettledSorted: 5000,
  /** Of each kind, statistics count so many; and so far they look back, if nothing else is asked for. */
  statsCounted: 10_000,
  statsWindowMs: 24 * HOUR,

  /** Endpoints in a round, and how many of them may be tidied up while others wait to be served; rounds in one alarm. */
  endpointsPerRound: 10,
  tidiedPerRound: 2,
  roundsPerDrain: 20,
  drainMs: 20 * SECOND,
  /** Deliveries moved behind, cancelled, or made to let their keys go, for one endpoint in a round. */
  tidiedPerEndpoint: 500,
  /**
   * Deliveries of one endpoint that are claimed and not settled, until its consumers have told how it does: the packs that one
   * consumer is handed at once. Others wait in D1, where they cost nothing, rather than in the queue, where their lease runs
   * out and where they delay other tenants. An endpoint that keeps up may have more, one that does not has less.
   */
  inFlightPerEndpoint: 160,
  inFlightPerEndpointMost: 400,
  /** A pack takes one consumer so long, at the endpoint's pace; and so much of its known pace is the latest observation. */
  packMs: 4 * SECOND,
  observationShare: 0.3,
  /**
   * The same of all of a tenant's webhooks to one host, however many endpoints lead there: six packs, of which each sends five at
   * a time at most. Where a host has that many, its endpoints are looked at again after so long.
   */
  inFlightPerHost: 480,
  hostLookMs: 1 * SECOND,
  /** How many deliveries of one ordering key travel together. */
  keyRun: 20,
  /** Leases grow with every claim that came to nothing: base, 2×, 4× … 32×. */
  leaseDoublings: 5,

  /** Deliveries in one task, and the payload bytes its consumer will hold at once. */
  packDeliveries: 80,
  packBytes: 2 * 1024 * KIB,
  /** Cloudflare Queues: messages and bytes of one sendBatch, bytes of one message. */
  sendBatchMessages: 100,
  sendBatchBytes: 256_000,
  /** Tasks that one consumer invocation is handed at once: `max_batch_size` in wrangler.toml. */
  tasksPerInvocation: 2,
  /** What an isolate may hold, and the part of it that payloads may take. */
  isolateBytes: 128 * 1024 * KIB,
  queueMessageBytes: 128_000,
  /** The most a task weighs as JSON: its references, never a payload. */
  taskBytes: 2560,

  /** Workers hold 6 connections open per invocation; one is left for D1. A send has one at a time, its look-ups included. */
  concurrentSends: 5,
  /** Time in which an invocation begins attempts; it gives back the rest. */
  invocationBeginsMs: 8 * SECOND,
  /** An invocation in which no attempt has ended for so long hands in: what is under way goes on without it. */
  stallMs: 2 * SECOND,
  /** Of the 15 minutes that a consumer may take. */
  invocationMs: 12 * 60 * SECOND,
  /** Outcomes wait this long for company before they are written. */
  settleEveryMs: 1 * SECOND,
  /** What is left of a lease when the last attempt times out: enough to write it down. */
  settleMarginSeconds: 2,
  /** Waits before writing outcomes again when D1 did not answer. Their sum stays within the margin. */
  settleBackoffMs: [50, 150, 500],
  /** Waits after that, until the lease ends: the first of them, each twice the one before, up to the most. */
  settleAgainMs: { from: 1 * SECOND, to: 10 * SECOND },
  /** Wait before a task is handed out again that could not be carried out. */
  taskRetrySeconds: 5,
  /** Of a response: what is read before the connection is dropped, how long when it accepts, and what is kept. */
  acceptedBodyMs: 1 * SECOND,
  responseBytes: 16 * KIB,
  excerptLength: 1024,
  /** The same of an answer that accepts, and of what a list shows of any. */
  shownExcerptLength: 200,
  errorLength: 512,
  /** An answer to a DNS look-up: the bytes that are read of it, how long it is remembered, and how many are. */
  dnsAnswerBytes: 64 * KIB,
  dnsSeconds: { from: 5, to: 60 },
  dnsNames: 1000,
  /** Longest wait a receiver may ask for with Retry-After. */
  retryAfterMs: 24 * HOUR,
  jitter: 0.2,

  /**
   * The breaker of an endpoint: it opens when so many attempts were made within the window, and this share of
   * them failed; first for so long, then twice as long each time, up to the most.
   */
  breakerAttempts: 10,
  breakerFailureShare: 0.7,
  breakerWindowMs: 60 * SECOND,
  breakerHoldMs: 5 * SECOND,
  breakerHoldMaxMs: 300 * SECOND,
  /** A failure this long after the last one is a new beginning: nobody knows what would have come in between. */
  failureGapMs: 48 * HOUR,
  /** How often an endpoint's health is counted anew when others count at the same time. */
  healthTries: 3,

  /**
   * Deliveries that share a task with one that was begun once and never answered; how often it may be before it travels
   * alone; and how often then, before it is dead.
   */
  watchedDeliveries: 10,
  startsUnsuspected: 2,
  poisonStarts: 3,

  /** Wait before the relay tries again after D1 or the queue refused. */
  relayBackoffMs: 5 * SECOND,
  /** Time in which a queue, or a relay, must answer; nobody waits for it longer. D1 ends a batch by itself after half a minute. */
  queueAnswerMs: 5 * SECOND,
  wakeAnswerMs: 5 * SECOND,
  d1AnswerMs: 35 * SECOND,
  /** Alarms are set for no earlier than so far ahead: from without, and by an alarm itself, where a nearer one may stall. */
  alarmAheadMs: 1,
  nextAlarmAheadMs: 25,
  /** An alarm this far in the past did not fire, and is set again. */
  staleAlarmMs: 60 * SECOND,
  /** What a request may still do when it is answered, or its client has hung up: `waitUntil`. */
  waitUntilMs: 30 * SECOND,
  /** Commits rely on a call to their relay that is under way for so long; and a request makes such calls for others. */
  wakeTrustedMs: 1 * SECOND,
  wakesForOthersMs: 2 * SECOND,

  /** Deliveries that one call replays, retries or dismisses, how many become due in a second, and keys that one call skips. */
  replaysPerCall: 10_000,
  replaysPerSecond: 100,
  skipsPerCall: 10_000,
  /** Deliveries that one call names, each by its message and endpoint. */
  deliveriesNamed: 100,
  /** Of those that wait behind a blocked key's head, so many are counted. */
  waitingCounted: 1000,
  /** Clocks that commit differ by less: where the messages since an instant begin is looked for this much earlier. */
  commitSkewMs: 60 * SECOND,
  /** What the clocks of a relay and of a consumer may differ by. */
  clockSkewMs: 2 * SECOND,

  /**
   * Of what the database may hold: from where on it is told to be filling, nearly full and full, which refuses commits; and from
   * where on messages are purged before their retention ends, though not before this age.
   */
  fillingShare: 0.7,
  nearlyFullShare: 0.85,
  purgeEarlyShare: 0.9,
  fullShare: 0.98,
  /** An isolate that knows the database to be full asks again after so long. */
  gaugeFreshMs: 5 * SECOND,
  /** A D1 database on Workers Paid, in GB, and what `DATABASE_MAX_GB` may say. */
  databaseGb: { from: 0.001, to: 10, otherwise: 10 },
  /** What the sweep has found is told by `GET /health` for so long without asking D1; and it should have run since. */
  reportKeptMs: 10 * SECOND,
  sweepMissedMs: 3 * 60 * SECOND,
  /** Entries of ordering keys that one run of the cron looks at for one that sticks. */
  keysPerRepair: 500,

  /** The sweep leaves alone what the relay is about to do anyway. */
  sweepGraceMs: 2 * SECOND,
  /** `GET /health` counts what is later than this. */
  lateMs: 10 * SECOND,
  tenantsPerSweep: 1000,
  wakesAtOnce: 20,
  /** A sweep begins no call after so long: the next one begins elsewhere. */
  sweepMs: 40 * SECOND,
  /** `GET /health` answers 503 when the oldest due delivery is later than this. */
  overdueMs: 5 * 60 * SECOND,

  /** What a setting in days may say: from a minute and a half to ten years. */
  daysOfSetting: { from: 0.001, to: 3650 },
  /** Days before today of which it is kept how much a tenant with a quota has committed. */
  usageKeptDays: 31,
  /** A tenant's old messages are looked through this often, or as often as the retention, if that is shorter. */
  purgeEveryMs: 24 * HOUR,
  /** Of one purge: the tenants that get a turn, the steps in all, and the time. */
  tenantsPerPurge: 100,
  stepsPerPurge: 100,
  purgeMs: 20 * SECOND,
  /**
   * Of one step, which is one transaction: the messages it looks at, and what it may remove of them. A delivery and an
   * attempt weigh 1 each, and so do 4 KiB of payload.
   */
  messagesPerPurgeStep: 500,
  weightPerPurgeStep: 5000,
  /** How long it is known what a request with an idempotency key was answered; a step removes so many, and of the audit. */
  requestKeyMs: 7 * 24 * HOUR,
  requestKeysPerPurgeStep: 500,

  /** Endpoints whose secrets one run of the cron seals anew, and when it tries again those that did not open. */
  endpointsPerReseal: 100,
  resealAgainMs: 1 * HOUR,

  /** How often the cron runs. */
  cronMs: 60 * SECOND,
  /**
   * The plan, Workers Paid: processor time and subrequests of one invocation. `[limits]` in wrangler.toml says the same,
   * and Cloudflare refuses an upload that says so on the free plan: 10 ms, 50 subrequests and 50 queries are too few.
   */
  cpuMsPerInvocation: 30 * SECOND,
  subrequestsPerInvocation: 10_000,
  /** D1: queries of one invocation, and how many of them a consumer keeps for what it has begun. */
  d1QueriesPerInvocation: 1000,
  d1QueriesKept: 150,
  /** The attempts, the deliveries, the endpoint's health; and two to announce what somebody wants to know. */
  d1QueriesPerSettling: 5,
  /** The same where handlers run: each may give so many statements and messages to commit, and make so many queries itself. */
  d1QueriesKeptForHandlers: 400,
  effectsPerHandler: 25,
  d1QueriesPerHandler: 2,
  /** The fence, the bound, the endpoints of handlers, and three ways to fan out; around what a handler gives to commit. */
  d1QueriesAroundEffects: 6,
  /** The tenant, its schemas and a key: to check what a handler gives to commit. */
  d1QueriesToCheckEffects: 3,
} as const;
