import { useEffect, useRef, useState } from "preact/hooks";
import { type Answer, addressOf, Problem, read } from "../api.ts";

type Page = Answer<"/v1/search">;
/** One thing that a search has found. */
export type Finding = Page["data"][number];

/** Findings so far, and how far the search went. */
export interface Search {
  found: readonly Finding[];
  lookedAt: Page["lookedAt"];
  /** True: nothing is left to search. */
  isComplete: boolean;
  isBusy: boolean;
  error: Problem | undefined;
  /** Goes on where it stopped; undefined: it cannot. */
  further: (() => void) | undefined;
}

const PAUSE_MS = 250;
const NOTHING = { found: [], lookedAt: { tenants: 0, messages: 0 }, isComplete: true };

/** Searches once the text stays as it is. An empty text searches nothing. */
export function useSearch(q: string, tenant: string | undefined): Search {
  const [pages, setPages] = useState<readonly Page[]>([]);
  const [error, setError] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);
  const search = useRef(new AbortController());

  const ask = async (cursor: string | undefined, { signal }: AbortController) => {
    setBusy(true);
    try {
      const address = addressOf("/v1/search", {}, { q, tenant, cursor });
      const page = (await read(address, signal)).value as Page;
      if (!signal.aborted) setPages((before) => (cursor === undefined ? [page] : [...before, page]));
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      setError(error);
    }
    if (!signal.aborted) setBusy(false);
  };
  useEffect(() => {
    setError(undefined);
    setPages([]);
    setBusy(q !== "");
    if (q === "") return;
    const current = new AbortController();
    search.current = current;
    const timer = setTimeout(() => void ask(undefined, current), PAUSE_MS);
    return () => {
      clearTimeout(timer);
      current.abort();
    };
  }, [q, tenant]);

  const last = pages.at(-1);
  const cursor = last?.nextCursor;
  return {
    ...(last ? joined(pages) : NOTHING),
    isBusy,
    error,
    further: cursor && !isBusy ? () => void ask(cursor, search.current) : undefined,
  };
}

function joined(pages: readonly Page[]) {
  const sum = (of: "tenants" | "messages") => pages.reduce((n, { lookedAt }) => n + lookedAt[of], 0);
  return {
    found: pages.flatMap(({ data }) => data),
    lookedAt: { tenants: sum("tenants"), messages: sum("messages") },
    isComplete: pages.at(-1)?.complete === true,
  };
}
