/** Keeps texts by their names. */
interface Store {
  /** Null: none is kept. */
  get(name: string): string | null;
  /** Keeps a text; null forgets it. */
  set(name: string, text: string | null): void;
}

/** Texts for this browser, in all of its tabs. */
export const ofBrowser = storeOf(() => localStorage);
/** Texts for this tab, also after a reload. */
export const ofTab = storeOf(() => sessionStorage);

/** A browser that keeps nothing for the site, or has no room, throws: the page then remembers for itself. */
function storeOf(storage: () => Storage): Store {
  const remembered = new Map<string, string | null>();
  return {
    get(name) {
      const own = remembered.get(name);
      if (own !== undefined) return own;
      try {
        return storage().getItem(name);
      } catch {
        return null;
      }
    },
    set(name, text) {
      try {
        if (text === null) storage().removeItem(name);
        else storage().setItem(name, text);
        remembered.delete(name);
      } catch {
        remembered.set(name, text);
      }
    },
  };
}

/** The kept JSON of a name; undefined: there is none, or what is kept is no JSON. */
export function keptJson(store: Store, name: string): unknown {
  try {
    return JSON.parse(store.get(name) ?? "");
  } catch {
    return undefined;
  }
}
