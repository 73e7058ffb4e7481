/** The answer to one call of a change of many, in the API's own figures. */
export interface Slice {
  /** Number that this call changed. */
  done: number;
  /** Number left for further calls. */
  left: number;
}

/** A change of many deliveries, of which each call makes a part. */
interface Change {
  /** Makes one call. A try after a lost answer has the key of the first, and so happens once. */
  call: (key: string) => Promise<Slice>;
  /** Key of the whole change: a second run with it gets the answers of the first. */
  key: string;
  /** Ends the change before its next call. */
  signal: AbortSignal;
  /** Number at which the change ends: for calls that find, beside what was counted, what came since. Defaults to none. */
  most?: number;
  /** Is told of the number changed so far, after each call. */
  told?: (done: number) => void;
  /** Waits between two tries. */
  wait?: (ms: number) => Promise<void>;
}

/** Extent of a change. */
export interface Sliced extends Slice {
  /** True: it was stopped, and some may be left. */
  isStopped: boolean;
  /** Number of calls that happened, and whose figures are not in this extent: their answers got lost. */
  unanswered: number;
}

/** Waits before the further tries of a call. */
const WAITS_MS = [500, 2000, 5000];
const LONGEST_WAIT_MS = 60_000;
/** Calls of a change. Each changes up to 10,000 deliveries. */
const CALLS = 1000;

/** Refusal of a call, as the API describes it. */
interface Refusal {
  status: number;
  code: string;
  retryAfter?: number | undefined;
}

/** Code of a refusal: the call was carried out, or is under way, and its answer is not known. */
const UNANSWERED = "request_unanswered";

const isRefusal = (error: unknown): error is Refusal =>
  typeof error === "object" && error !== null && "status" in error && "code" in error;
/** The API did not answer, or asks for another try: the call may have happened. */
const mayPass = ({ status, code }: Refusal) =>
  status === 0 || status === 429 || status >= 500 || code === UNANSWERED;

/**
 * Makes call after call until nothing is left. It ends, too, after a call that changed nothing, and after a thousand
 * calls.
 * @throws the refusal of a call, or the loss of its answers in all tries
 */
export async function inSlices(change: Change): Promise<Sliced> {
  const { key, signal, most = Number.POSITIVE_INFINITY, told } = change;
  const sum: Sliced = { done: 0, left: 0, isStopped: false, unanswered: 0 };
  let lost = 0;
  for (let n = 0; n < CALLS && !signal.aborted; n++) {
    const slice = await lastTry(change, `${key}.${n}`);
    if ("code" in slice) {
      if (slice.code !== UNANSWERED || ++lost > 1) throw slice;
      sum.unanswered++;
      // What it changed is not known, so neither is what remains of the number.
      if (most !== Number.POSITIVE_INFINITY) return sum;
      continue;
    }
    lost = 0;
    sum.done += slice.done;
    sum.left = slice.left;
    told?.(sum.done);
    if (isLast(slice) || sum.done >= most) return sum;
  }
  return { ...sum, isStopped: true };
}

const isLast = ({ done, left }: Slice) => done === 0 || left === 0;

/** The answer to a call; or, after all tries, the latest reason why there is none. */
async function lastTry({ call, signal, wait = pause }: Change, key: string): Promise<Slice | Refusal> {
  for (let tries = 0; ; tries++) {
    try {
      return await call(key);
    } catch (error) {
      if (!isRefusal(error) || !mayPass(error)) throw error;
      const ms = WAITS_MS[tries];
      if (ms === undefined || signal.aborted) return error;
      await wait(Math.min(Math.max(ms, (error.retryAfter ?? 0) * 1000), LONGEST_WAIT_MS));
    }
  }
}

const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
