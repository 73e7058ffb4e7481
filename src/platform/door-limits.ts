const KIB = 1024;
const SECOND = 1000;
const API_REQUESTS = 6000;
const API_SECONDS = 60;

/** What requests to the API are bounded by: a part of `limits`. */
export const doorLimits = {
  /** A request's body: one payload, and room for its envelope. */
  bodyBytes: 512 * KIB,
  /** The body of a request with several messages. */
  batchBodyBytes: 4 * 1024 * KIB,
  /** Of a body: arrays and objects within one another, values of all kinds and keys, and how long it may take to come. */
  jsonDepth: 64,
  jsonValues: 200_000,
  /** The same where a number is one that a double cannot hold: each number is then looked at by itself. */
  jsonExactValues: 60_000,
  bodyMs: 15 * SECOND,
  /** Bodies that an isolate holds at once: of a tenant, of all together, and of one that is never refused because of others. None is counted for longer than a request can take. */
  bodyBytesOfTenant: 6 * 1024 * KIB,
  bodyBytesOfIsolate: 12 * 1024 * KIB,
  smallBodyBytes: 64 * KIB,
  bodyHeldMs: 120 * SECOND,
  /** Of a request to the API: its address, and its headers together. */
  requestUrlLength: 8192,
  requestHeadersLength: 32 * KIB,
  /** Requests within a period, of a token and of an address without a valid one: `API_RATE` and `ADDRESS_RATE` in wrangler.toml. */
  apiRequestsPerPeriod: API_REQUESTS,
  addressRequestsPerPeriod: 100,
  apiPeriodSeconds: API_SECONDS,
  /** Time that a token's allowance takes to grant a request. */
  apiMsPerRequest: (API_SECONDS * SECOND) / API_REQUESTS,
  /**
   * A request counts once more for so many bytes of its body, for so many values in it, of either kind, and for so many
   * steps that checking payloads and schemas took.
   */
  bytesPerRequest: 8 * KIB,
  /** A piece of a body counts as so many bytes at least: each of them costs something, however small. */
  bytesPerPiece: 512,
  valuesPerRequest: 500,
  exactValuesPerRequest: 250,
  stepsPerRequest: 1250,
  /** Each delivery that a commit makes counts as so many steps, and each that an intervention changes. */
  stepsPerDelivery: 25,
  stepsPerChange: 5,
  /** A costly request waits for its turn so long; then the next of its tenant waits for as long as so many requests take, and longer by what this one counts as. */
  turnWaitMs: 10 * SECOND,
  requestsPerTurn: 5,
  /** Tokens that an isolate counts, addresses it does not hear, and tokens it knows to be revoked, at a time. */
  doorMemory: 10_000,
} as const;
