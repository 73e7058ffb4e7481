import { useEffect, useLayoutEffect, useReducer } from "preact/hooks";
import { type Answer, addressOf, type Params, type PathOf, Problem, read } from "./api.ts";
import { live } from "./live.ts";

/** A reading: the latest answer stays while a newer one is asked for, or fails. */
export interface Reading<T> {
  data: T | undefined;
  etag: string | undefined;
  error: Problem | undefined;
  /** Instant of the answer, in milliseconds; undefined: there is none yet. */
  at: number | undefined;
  /** True while it is asked for. */
  isBusy: boolean;
  /** Asks anew. */
  again(): void;
}

interface Known {
  data?: unknown;
  etag?: string | undefined;
  error?: Problem | undefined;
  at?: number;
  asking?: Promise<void>;
  watchers: Set<() => void>;
}

const known = new Map<string, Known>();
/** Readings that nobody watches are kept up to this many, so that going back shows a page at once. */
const KEPT = 60;

function knownOf(address: string): Known {
  const found = known.get(address) ?? { watchers: new Set() };
  known.delete(address);
  known.set(address, found);
  for (const [old, { watchers }] of known) {
    if (known.size <= KEPT) break;
    if (watchers.size === 0) known.delete(old);
  }
  return found;
}

function ask(address: string): Promise<void> {
  const entry = knownOf(address);
  entry.asking ??= answer(address, entry).finally(() => {
    delete entry.asking;
    for (const tell of entry.watchers) tell();
  });
  return entry.asking;
}

/** Stands between an address and the milliseconds of `within`; no address has a space in it. */
const APART = " ";

function addressNow(address: string): string {
  const [fixed = "", within] = address.split(APART);
  if (within === undefined) return address;
  const since = new Date(Date.now() - Number(within)).toISOString();
  return `${fixed}${fixed.includes("?") ? "&" : "?"}since=${since}`;
}

/** End of an address whose pages are all read. */
const ALL = `${APART}all`;
/** Pages of a list that are read, at most: all endpoints that a tenant may have. */
const PAGES = 5;

interface ListPage {
  data: unknown[];
  nextCursor: string | null;
}

/** The pages of a list, one after the other, as one. A cursor that is left says that there are more. */
async function readAll(address: string): Promise<{ value: ListPage; etag: undefined }> {
  const whole: ListPage = { data: [], nextCursor: null };
  const url = address.slice(0, -ALL.length);
  for (let n = 0; n < PAGES && (n === 0 || whole.nextCursor !== null); n++) {
    const cursor = whole.nextCursor === null ? "" : `&cursor=${encodeURIComponent(whole.nextCursor)}`;
    const { data, nextCursor } = (await read(`${url}${cursor}`)).value as ListPage;
    whole.data.push(...data);
    whole.nextCursor = nextCursor;
  }
  return { value: whole, etag: undefined };
}

async function answer(address: string, entry: Known): Promise<void> {
  try {
    const { value, etag } = await (address.endsWith(ALL) ? readAll(address) : read(addressNow(address)));
    Object.assign(entry, { data: value, etag, error: undefined, at: Date.now() });
    live.heard(address);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    entry.error = error;
    live.refused(address, error);
  }
}

/** Number of actions whose effect has been read. */
export const acted = { times: 0 };

/** Asks anew; a reading under way may have begun before what it is to show. */
function askAnew(address: string): Promise<void> {
  const underWay = known.get(address)?.asking;
  return underWay ? underWay.then(() => ask(address)) : ask(address);
}

/** Asks anew for all that is shown: after an action. */
export async function askAgain(): Promise<void> {
  const shown = [...known].filter(([, { watchers }]) => watchers.size > 0);
  for (const [address, { watchers }] of known) if (watchers.size === 0) known.delete(address);
  await Promise.all(shown.map(([address]) => askAnew(address)));
  acted.times++;
  for (const [, { watchers }] of shown) for (const tell of watchers) tell();
}

/** Forgets everything: whoever signs in next may see other things. */
export function clearKnown(): void {
  for (const [address, { watchers }] of known) {
    if (watchers.size === 0) known.delete(address);
    // An answer that is under way goes to the entry before.
    else known.set(address, { watchers });
  }
}

interface Options {
  params?: Params;
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Milliseconds before each reading at which its answer begins: its `since`, which moves with the time. */
  within?: number | undefined;
  /** True: all pages of the list are read, as one. Its query has a value. */
  isAll?: boolean;
  /** Milliseconds between two readings while the page is live and seen. Left out: it is read once. */
  every?: number | undefined;
}

/** Reads an operation of the API, and reads it again while the page is live. A path of `undefined` reads nothing. */
export function useRead<P extends PathOf<"get">>(
  path: P | undefined,
  options: Options = {},
): Reading<Answer<P>> {
  const { params, query = {}, within, isAll = false, every } = options;
  const fixed = path === undefined ? undefined : addressOf(path, params, query);
  const mark = isAll ? ALL : within === undefined ? "" : `${APART}${within}`;
  return useAddress(fixed === undefined ? undefined : `${fixed}${mark}`, every);
}

/** Reads an address, such as one that the API's document does not have. Undefined reads nothing. */
export function useAddress<T>(address: string | undefined, every?: number): Reading<T> {
  const [, redraw] = useReducer((n: number, _: undefined) => n + 1, 0);

  // Not after the paint: a page that is left must not be asked for anew by the action that has led away from it.
  useLayoutEffect(() => {
    if (address === undefined) return;
    const { watchers } = knownOf(address);
    const tell = () => redraw(undefined);
    watchers.add(tell);
    void ask(address);
    tell();
    return () => {
      watchers.delete(tell);
    };
  }, [address]);
  useEffect(() => {
    if (address === undefined || every === undefined) return;
    return live.every(
      address,
      every,
      () => ask(address),
      () => known.get(address)?.at,
    );
  }, [address, every]);

  const entry: Partial<Known> = address === undefined ? {} : (known.get(address) ?? {});
  return {
    data: entry.data as T | undefined,
    etag: entry.etag,
    error: entry.error,
    at: entry.at,
    isBusy: entry.asking !== undefined,
    again: () => address !== undefined && void ask(address),
  };
}
