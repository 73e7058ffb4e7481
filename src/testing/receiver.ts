import { Webhook } from "standardwebhooks";

/** An object that answers requests, as a Worker's `fetch` does. */
export interface FetchHandler {
  fetch(request: Request): Response | Promise<Response>;
}

/**
 * An answer to one request: a status without a body, or a whole response. `hang`: no answer, until the outbox's time for the
 * attempt is over. `drop`: the connection ends without an answer.
 */
export type ReceiverAnswer = number | Response | "hang" | "drop";

/** A verified webhook of a receiver. */
export interface ReceivedWebhook {
  /** The header `webhook-id`: the message's id, identical at every attempt. */
  id: string;
  /** The body as JSON: `{ type, timestamp, data }`, or the payload alone where the endpoint's `payloadFormat` is `raw`. */
  // biome-ignore lint/suspicious/noExplicitAny: payloads are the app's, and tests look into them
  body: any;
  /** All headers, their names in lower case. */
  headers: Record<string, string>;
}

/** A request that a receiver could not verify, and answered with 401. */
export interface RefusedWebhook {
  /** Message of the verifying library. */
  reason: string;
  headers: Record<string, string>;
  text: string;
}

/** Options of a `Receiver`. */
export interface ReceiverOptions {
  /** The endpoint's secret, `whsec_…`. It can be set later. */
  secret?: string | undefined;
  /** The time by which timestamps are judged, in milliseconds. Defaults to the system's. */
  now?: (() => number) | undefined;
}

/**
 * The other side of a webhook: verifies each request with the official `standardwebhooks` library, keeps it, and
 * answers 200 by default. `testOutbox` and `testServer` make one together with its endpoint; by itself it is a fetch
 * handler.
 *
 * @example
 * const receiver = await testing.receiver("acme");
 * receiver.answerNext(503, "hang");
 */
export class Receiver implements FetchHandler {
  /** Verified webhooks, in order of arrival: one per attempt, whatever its answer. */
  readonly received: ReceivedWebhook[] = [];
  /** Requests that failed the verification. */
  readonly refused: RefusedWebhook[] = [];
  /** The endpoint's secret, `whsec_…`. Without it nothing is verified. */
  secret: string | undefined;
  readonly #answers: ReceiverAnswer[] = [];
  readonly #now: () => number;

  constructor({ secret, now = Date.now }: ReceiverOptions = {}) {
    this.secret = secret;
    this.#now = now;
  }

  /** Sets the answers to the next verified webhooks, one each. Later webhooks are answered with 200. */
  answerNext(...answers: ReceiverAnswer[]): void {
    this.#answers.push(...answers);
  }

  /**
   * Answers a request.
   * @throws {DOMException} a `TimeoutError` for `hang`
   * @throws {TypeError} for `drop`
   */
  fetch = async (request: Request): Promise<Response> => {
    const headers = Object.fromEntries(request.headers);
    const text = await request.text();
    try {
      this.received.push({ id: headers["webhook-id"] ?? "", body: this.#verify(text, headers), headers });
    } catch (error) {
      this.refused.push({ reason: error instanceof Error ? error.message : String(error), headers, text });
      return new Response(null, { status: 401 });
    }
    return answered(this.#answers.shift() ?? 200);
  };

  #verify(text: string, headers: Record<string, string>): unknown {
    if (this.secret === undefined)
      throw new Error("The receiver has no secret. Set it to the endpoint's secret");
    const webhook = new Webhook(this.secret);
    return atTime(this.#now(), () => webhook.verify(text, headers));
  }
}

function answered(answer: ReceiverAnswer): Response {
  if (answer === "hang")
    throw new DOMException("The receiver hangs: the operation timed out", "TimeoutError");
  if (answer === "drop") throw new TypeError("The receiver dropped the connection: network connection lost");
  return typeof answer === "number" ? new Response(null, { status: answer }) : answer;
}

/** The library reads only `Date.now`. No other code sees the changed time, because `run` does not wait. */
function atTime<T>(now: number, run: () => T): T {
  const { now: before } = Date;
  Date.now = () => now;
  try {
    return run();
  } finally {
    Date.now = before;
  }
}
