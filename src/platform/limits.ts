/** Every limit of the outbox. A test asserts their relations. */
import { dashboardLimits } from "./dashboard-limits.ts";
import { doorLimits } from "./door-limits.ts";
import { emailLimits } from "./email-limits.ts";
import { schemaLimits } from "./schema-limits.ts";
import { upkeepLimits } from "./upkeep-limits.ts";

const KIB = 1024;
const SECOND = 1000;
const HOUR = 3600 * SECOND;

export const limits = {
  /** A message's payload as JSON, in UTF-8. The row must stay far under D1's 2 MB. */
  payloadBytes: 256 * KIB,
  /** Bytes from which a payload is gzipped, if that makes it smaller. */
  gzipFromBytes: 800,
  /** Bytes of a larger payload that are tried first, and the share to which they must shrink. */
  gzipTriedFromBytes: 8 * KIB,
  gzipTriedBytes: 4 * KIB,
  gzipTriedRatio: 0.7,
  /** Messages in one commit, hence statements in one batch. */
  messagesPerCommit: 100,
  eventTypeLength: 128,
  handlerNameLength: 64,
  orderingKeyLength: 256,
  idempotencyKeyLength: 256,
  /** W3C trace state: its members, and the characters kept. */
  tracestate: { members: 32, length: 512 },
  targetsPerMessage: 100,
  /** Deliveries that one commit makes: rows that one transaction writes. */
  deliveriesPerCommit: 5000,
  /** System events in a settling transaction, and the endpoints that each goes to, the tenant's oldest. */
  announcementsPerSettling: 10,
  listenersPerSystemEvent: 10,
  deliverAtAheadMs: 366 * 24 * HOUR,
  endpointsPerTenant: 500,
  /** Former targets that an endpoint keeps, for its attempts on record. */
  formerTargets: 20,
  eventTypesPerEndpoint: 100,
  descriptionLength: 512,
  urlLength: 2048,
  /** A host name as DNS has it (RFC 1035), without the dot at the end. */
  hostnameLength: 253,
  headersPerEndpoint: 20,
  headerNameLength: 128,
  headerValueLength: 1024,
  retriesPerSchedule: 30,
  /**
   * Bounds of the wait between two attempts of an endpoint's schedule: one without waits would attack its receiver.
   */
  retryDelaySecondsMin: 1,
  retryDelaySeconds: 7 * 24 * 3600,
  statusesToGiveUpOn: 50,
  /** Deliveries per second that an endpoint may ask for. */
  rateLimitMin: 0.01,
  rateLimitMax: 1000,
  /** Bytes of a signing secret that the outbox makes, and of a given one (Standard Webhooks). */
  secretBytes: 32,
  givenSecretBytes: { from: 24, to: 64 },
  /** Seconds for which a previous webhook secret signs beside the new one: by default, and at most. */
  secretOverlapSeconds: 24 * 3600,
  secretOverlapSecondsMax: 30 * 24 * 3600,
  previousSecrets: 5,
  recipients: 50,
  /** Senders that a tenant may name. */
  sendersPerTenant: 100,
  subjectLength: 998,

  operatorTokens: { most: 50, lengthMin: 16, lengthUnguessable: 32 },
  /** Characters of an audit filter by caller: as many as the longest name of one has. */
  callerIdLength: dashboardLimits.authorizedNameLength,
  tokensPerTenant: 1000,
  /** Interval at which an isolate records the use of a token, and tokens whose last record it remembers. */
  tokenUse: { everyMs: 5 * 60 * SECOND, known: 10_000 },
  tokenSecondsMin: 60,
  tokenSeconds: 90 * 24 * 3600,
  tokenSecondsMax: 366 * 24 * 3600,
  eventTypesPerTenant: 1000,
  /** Characters of a token; real ones have some 400. A longer one is refused unread. */
  tokenLength: 1024,
  ...dashboardLimits,
  ...doorLimits,
  ...schemaLimits,
  /** Times that a commit is begun anew because its tenant's event types changed meanwhile. */
  commitTries: 3,
  pageSize: 50,
  pageSizeMax: 100,
  /** Entries that a page of a filtered list looks at, for each that it may show. */
  lookedAtPerShown: 100,
  /** Unsettled entries that a list by state sorts; if there are more, it looks through all states. */
  unsettledSorted: 5000,
  /**
   * Entries of each kind that statistics count, and that a look at this moment counts; messages counted by event type; groups in
   * an answer; and the default span of statistics.
   */
  statsCounted: 10_000,
  volumeCounted: 5000,
  nowCounted: 1000,
  groupsShown: 100,
  /** Equal parts of a span, for each of which the activity of a group is counted. */
  activityParts: 24,
  statsWindowMs: 24 * HOUR,
  /** Points of a series, sums that it reads, and outcomes not yet summed up that a brief or a long one counts. */
  seriesPoints: 1000,
  seriesPointsByDefault: 300,
  seriesSums: 10_000,
  unsummedCounted: { brief: 2000, long: 300 },

  /** Endpoints in a round, and those of them that may be tidied up while others wait; rounds in one alarm. */
  endpointsPerRound: 10,
  tidiedPerRound: 2,
  roundsPerDrain: 20,
  drainMs: 20 * SECOND,
  /** Deliveries moved behind, cancelled or released, for one endpoint in a round. */
  tidiedPerEndpoint: 500,
  /**
   * Deliveries of one endpoint in flight, until its consumers have told how it does: the packs that one consumer gets at once.
   * Further ones wait in D1 at no cost, and not in the queue, where their leases would run out and delay other tenants.
   * Endpoints that keep up may have more, slow ones have less.
   */
  inFlightPerEndpoint: 160,
  inFlightPerEndpointMost: 400,
  /**
   * Time of consumers that a tenant's tasks may take at once: at first, at most, and the step by which a slow task widens it;
   * waits in the queue, beyond the least known, that widen and halve it; the least that a task takes; and the time
   * for which it counts at most.
   */
  shareMs: { from: 500, to: 500 * SECOND, slowStep: 100 },
  queueWaitMs: { short: 200, long: 500 },
  taskLeastMs: 20,
  taskCountsMs: 2 * SECOND,
  /** Deliveries in a task to an endpoint that nobody has seen. */
  unseenPack: 10,
  /** Time that a pack takes a consumer, at the endpoint's pace; and the share of the latest observation in the known pace. */
  packMs: 500,
  observationShare: 0.3,
  /**
   * Deliveries of a tenant's webhooks to one host in flight, for any number of endpoints: six packs, each of which
   * sends at most five at a time; and the wait before the endpoints of a busy host are looked at again.
   */
  inFlightPerHost: 480,
  hostLookMs: 1 * SECOND,
  /** Wait before a full endpoint with a `maxConcurrency` is looked at again. */
  sparedLookMs: 5 * SECOND,
  /**
   * Leases by commits: endpoints that a commit hands over to, deliveries of a tenant under way from which on it leaves its own to
   * the relay, which makes large tasks of them; deliveries that it leases, and that it looks at to count those under way.
   */
  leasedAtCommit: { endpoints: 5, deliveries: 100, looked: 100 },
  /** Deliveries of one ordering key that travel together. */
  keyRun: 20,
  /** Doublings of the lease, one for each claim without a result: base, 2×, 4× … 32×. */
  leaseDoublings: 5,

  /** Deliveries in one task, and the payload bytes its consumer will hold at once. */
  packDeliveries: 80,
  packBytes: 2 * 1024 * KIB,
  /** Cloudflare Queues: messages and bytes of one sendBatch, bytes of one message. */
  sendBatchMessages: 100,
  sendBatchBytes: 256_000,
  /** Tasks that one consumer invocation is handed at once: `max_batch_size` in wrangler.toml. */
  tasksPerInvocation: 2,
  /** Memory of an isolate, and the part that payloads may take. */
  isolateBytes: 128 * 1024 * KIB,
  queueMessageBytes: 128_000,
  /** The most a task weighs as JSON: its references, never a payload. */
  taskBytes: 2560,

  /** Workers hold 6 connections open per invocation; one is left for D1. A send has one at a time, its look-ups included. */
  concurrentSends: 5,
  /** Time in which an invocation begins attempts; it gives back the rest. */
  invocationBeginsMs: 8 * SECOND,
  /** Time without a beginning or an end of an attempt after which an invocation hands in what it waits for. */
  stallMs: 100,
  /** Mean duration of attempts from which on an endpoint is slow, and time after which an attempt hangs. */
  slowMs: 1 * SECOND,
  hangsMs: 2 * SECOND,
  /** Milliseconds of the 15 minutes of a consumer within which it ends. */
  invocationMs: 12 * 60 * SECOND,
  /** Wait of outcomes for others before they are written. */
  settleEveryMs: 1 * SECOND,
  /** Rest of a lease when the last attempt times out, enough to record it. */
  settleMarginSeconds: 2,
  /** Waits before writing outcomes again when D1 did not answer. Their sum stays within the margin. */
  settleBackoffMs: [50, 150, 500],
  /** Further waits, until the lease ends: the first, doubled each time up to the longest. */
  settleAgainMs: { from: 1 * SECOND, to: 10 * SECOND },
  /** Wait before a task is handed out again that could not be carried out. */
  taskRetrySeconds: 5,
  /** Time in which the body of an acceptance is read. */
  acceptedBodyMs: 250,
  /** Bytes of a response that are read before the connection is dropped, and characters kept. */
  responseBytes: 16 * KIB,
  excerptLength: 1024,
  /** Characters kept of an accepting answer, and shown of any answer in a list. */
  shownExcerptLength: 200,
  errorLength: 512,
  /** Bytes read of a DNS answer, bounds of the time for which it is remembered, and the number remembered. */
  dnsAnswerBytes: 64 * KIB,
  dnsSeconds: { from: 5, to: 60 },
  dnsNames: 1000,
  /** Longest wait a receiver may ask for with Retry-After. */
  retryAfterMs: 24 * HOUR,
  jitter: 0.2,
  ...emailLimits,

  /**
   * The breaker of an endpoint: attempts within the window and the share of failures that open it; its first duration,
   * doubled each time up to the longest.
   */
  breakerAttempts: 10,
  breakerFailureShare: 0.7,
  breakerWindowMs: 60 * SECOND,
  breakerHoldMs: 5 * SECOND,
  breakerHoldMaxMs: 300 * SECOND,
  /** Quiet time after which a failure counts as a new beginning. */
  failureGapMs: 48 * HOUR,
  /** Shares of the time before an endpoint is disabled, in percent, at which its failing is told of. */
  failingToldAt: [50, 70, 90],
  /** Time since the last change of an endpoint within which a 410 is told by no e-mail. */
  disabledEmailQuietMs: 1 * HOUR,
  /** Times that an endpoint's health is counted anew when others count at once. */
  healthTries: 3,

  /**
   * Deliveries in a task with one that was begun once without a result; beginnings until it travels alone; and
   * beginnings alone until it is dead.
   */
  watchedDeliveries: 10,
  startsUnsuspected: 2,
  poisonStarts: 3,

  /** Wait before the relay tries again after D1 or the queue refused. */
  relayBackoffMs: 5 * SECOND,
  /** Longest wait for an answer of a queue or a relay. D1 ends a batch by itself after half a minute. */
  queueAnswerMs: 5 * SECOND,
  wakeAnswerMs: 5 * SECOND,
  d1AnswerMs: 35 * SECOND,
  /** Least distance of an alarm: set from outside, and by an alarm itself, where a nearer one may stall. */
  alarmAheadMs: 1,
  nextAlarmAheadMs: 25,
  /** An alarm this far in the past did not fire, and is set again. */
  staleAlarmMs: 60 * SECOND,
  /** Time for which a request's work may go on after its answer, or a hang-up: `waitUntil`. */
  waitUntilMs: 30 * SECOND,
  /**
   * Time for which commits trust a call to their relay; and time for which a request makes such calls for others.
   */
  wakeTrustedMs: 1 * SECOND,
  wakesForOthersMs: 2 * SECOND,
  /** Time after a drain that could claim nothing in which commits alone bring about no other. */
  quietMs: 100,
  /** Pause before a call that several commits ask for: more of them will. */
  wakeGapMs: 15,

  /**
   * Deliveries that one call counts, and that it replays, retries or dismisses; deliveries that become due per second; and
   * keys that one call skips.
   */
  matchedCounted: 100_000,
  replaysPerCall: 10_000,
  replaysPerSecond: 100,
  skipsPerCall: 10_000,
  /** Deliveries that one call names, each by its message and endpoint. */
  deliveriesNamed: 100,
  /** Deliveries counted behind the head of a blocked key. */
  waitingCounted: 1000,
  /** Waiting deliveries that a list counts for each endpoint, and endpoints on a page of it that has their health. */
  waitingSummed: 100,
  healthPageSize: 25,
  /** Largest skew between the clocks of commits, by which a search since an instant begins earlier. */
  commitSkewMs: 60 * SECOND,
  /** Largest skew between the clocks of a relay and a consumer. */
  clockSkewMs: 2 * SECOND,

  ...upkeepLimits,
  /**
   * The plan, Workers Paid: processor time and subrequests of one invocation. `[limits]` in wrangler.toml repeats them,
   * and Cloudflare refuses such an upload on the free plan, whose 10 ms, 50 subrequests and 50 queries are too few.
   */
  cpuMsPerInvocation: 30 * SECOND,
  subrequestsPerInvocation: 10_000,
  /** D1 queries of one invocation, and those that a consumer reserves for begun work. */
  d1QueriesPerInvocation: 1000,
  d1QueriesKept: 150,
  /** The sums, the attempts, the deliveries, the endpoint's health, and two for announcements. */
  d1QueriesPerSettling: 6,
  /** Effects that a handler may return, and queries that it may make itself. */
  d1QueriesKeptForHandlers: 400,
  effectsPerHandler: 25,
  d1QueriesPerHandler: 2,
  /**
   * The statements around a handler's effects: the fence, the bound, the endpoints of handlers, and three ways to fan
   * out.
   */
  d1QueriesAroundEffects: 6,
  /** The queries that check a handler's effects: the tenant, its schemas and a key. */
  d1QueriesToCheckEffects: 3,
} as const;
