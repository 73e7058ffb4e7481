import { useEffect, useState } from "preact/hooks";
import { type Answer, addressOf, Problem, read } from "../api.ts";

const PATH = "/v1/tenants/{tenant}/event-types";
type TypePage = Answer<typeof PATH>;
type EventType = TypePage["data"][number];
/** Time between two pages of the list. */
const APART_MS = 500;

/** All event types of a tenant that are in use, by their names. They come page after page. */
export function useEventTypes(tenant: string): readonly EventType[] {
  const [found, setFound] = useState<readonly EventType[]>([]);
  useEffect(() => {
    let isGone = false;
    const all: EventType[] = [];
    const next = async (cursor?: string): Promise<void> => {
      const { value } = await read(addressOf(PATH, { tenant }, { limit: 100, cursor }));
      const { data, nextCursor } = value as TypePage;
      all.push(...data);
      if (isGone) return;
      setFound(all.toSorted((one, other) => (one.name < other.name ? -1 : 1)));
      if (nextCursor === null) return;
      await new Promise((done) => setTimeout(done, APART_MS));
      if (!isGone) await next(nextCursor);
    };
    // Names can be typed as well.
    next().catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error;
    });
    return () => {
      isGone = true;
    };
  }, [tenant]);
  return found;
}
