const KIB = 1024;
const SECOND = 1000;
const API_REQUESTS = 6000;
const API_SECONDS = 60;

/** Limits of requests to the API: a part of `limits`. */
export const doorLimits = {
  /** Bytes of a request's body: one payload, and capacity for its envelope. */
  bodyBytes: 512 * KIB,
  /**
   * Bytes of the body of a request with several messages; and characters that a commit repeats of e-mails to several
   * recipients.
   */
  batchBodyBytes: 4 * 1024 * KIB,
  /** Limits of a body: its depth, its values and keys, and the time of its arrival. */
  jsonDepth: 64,
  jsonValues: 200_000,
  /** Values of a body with a number that a double cannot hold, because each number is then examined by itself. */
  jsonExactValues: 60_000,
  bodyMs: 15 * SECOND,
  /**
   * Bytes of bodies that an isolate holds at once: of a tenant, of all together, and of a small one that is never
   * refused because of others; and the longest time that a body is counted.
   */
  bodyBytesOfTenant: 6 * 1024 * KIB,
  bodyBytesOfIsolate: 12 * 1024 * KIB,
  smallBodyBytes: 64 * KIB,
  bodyHeldMs: 120 * SECOND,
  /** Characters of a request's URL, and bytes of its headers together. */
  requestUrlLength: 8192,
  requestHeadersLength: 32 * KIB,
  /**
   * Requests within a period, of a token, and of an address without a valid token: `API_RATE` and `ADDRESS_RATE` in
   * wrangler.toml.
   */
  apiRequestsPerPeriod: API_REQUESTS,
  addressRequestsPerPeriod: 100,
  apiPeriodSeconds: API_SECONDS,
  /** Time that a token's allowance takes to grant a request. */
  apiMsPerRequest: (API_SECONDS * SECOND) / API_REQUESTS,
  /**
   * Bytes of a body, values in it of either kind, and steps of checking payloads and schemas, each of which makes a
   * request count once more.
   */
  bytesPerRequest: 8 * KIB,
  /** Least bytes that a piece of a body counts as, because even a small piece costs time. */
  bytesPerPiece: 512,
  valuesPerRequest: 500,
  exactValuesPerRequest: 250,
  stepsPerRequest: 1250,
  /** Steps that each delivery counts as, when a commit makes it or an intervention changes it. */
  stepsPerDelivery: 25,
  stepsPerChange: 5,
  /**
   * Longest wait of a costly request for its turn; and requests that a turn counts as, beside its own cost, until the
   * tenant's next turn.
   */
  turnWaitMs: 10 * SECOND,
  requestsPerTurn: 5,
  /** Tokens that an isolate counts, addresses that it refuses, and revoked tokens that it knows, at a time. */
  doorMemory: 10_000,
} as const;
