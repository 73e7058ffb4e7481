import { type ComponentChildren, type ComponentType, h } from "preact";
import { useEffect, useState } from "preact/hooks";
import { w } from "../words/words.ts";
import { Empty, Skeleton } from "./shown.tsx";

/** A file of pages: its script is loaded when one of them is first opened. */
interface Pages<M> {
  load: () => Promise<M>;
  loaded?: M;
}

/** Names a file of pages. */
export function pagesOf<M>(load: () => Promise<M>): Pages<M> {
  return { load };
}

type PropsOf<C> = C extends (props: infer P) => unknown ? P & object : never;

/** A component out of a file of pages. A file that is there no more is of an earlier version. */
export function loaded<M, K extends keyof M>(
  pages: Pages<M>,
  name: K,
): (props: PropsOf<M[K]>) => ComponentChildren {
  return function Loaded(props: PropsOf<M[K]>) {
    const [found, setFound] = useState(pages.loaded);
    const [isGone, setGone] = useState(false);
    useEffect(() => {
      if (pages.loaded) return;
      pages.load().then(
        (all) => {
          pages.loaded = all;
          setFound(all);
        },
        () => setGone(true),
      );
    }, []);
    const Component = found?.[name] as ComponentType<PropsOf<M[K]>> | undefined;
    if (Component) return h(Component, props);
    return isGone ? (
      <Empty title={w.common.newVersion}>
        <button type="button" onClick={() => location.reload()}>
          {w.common.reload}
        </button>
      </Empty>
    ) : (
      <Skeleton lines={8} />
    );
  };
}
