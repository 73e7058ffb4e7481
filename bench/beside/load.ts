/** Messages of a run, alike for every contender, and their receivers. */
export interface Load {
  messages: number;
  /** Number of ordering keys, used by turns. 0: the messages have none. */
  keys: number;
  /** Number of endpoints, used by turns: paths of one receiver. */
  endpoints: number;
  /** Milliseconds until the receiver answers. */
  answerMs: number;
}

export interface Message {
  path: string;
  key: string | undefined;
  payload: { run: number; n: number; key?: string; note: string };
}

/** Consecutive messages have different keys: a batch of at most `keys` holds each key once. */
export function messagesOf({ messages, keys, endpoints }: Load, run: number): Message[] {
  return Array.from({ length: messages }, (_, n) => {
    const key = keys > 0 ? `key-${n % keys}` : undefined;
    const payload = { run, n, ...(key && { key }), note: "x".repeat(200) };
    return { path: `/${n % endpoints}`, key, payload };
  });
}

const BATCH = 100;

/** Splits messages into hundreds, each of which a contender commits at once. */
export function batchesOf<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / BATCH) }, (_, n) =>
    all.slice(n * BATCH, (n + 1) * BATCH),
  );
}
