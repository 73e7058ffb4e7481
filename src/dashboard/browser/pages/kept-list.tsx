import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { clockTime, exact } from "../parts/format.ts";

interface Props<T> {
  entries: readonly T[];
  /** Words of an entry's line, before its time. */
  line: (entry: T) => ComponentChildren;
  /** Content of an entry that is open. */
  parts: (entry: T) => ComponentChildren;
}

/** What the inspector keeps, newest first: a line for each, which opens. The first to be seen is open. */
export function KeptList<T extends { id: string; at: string }>({ entries, line, parts }: Props<T>) {
  const first = useRef(entries[0]?.id);
  return (
    <ul class="kept">
      {entries.map((entry) => (
        <Kept key={entry.id} isFirst={entry.id === first.current} {...{ entry, line, parts }} />
      ))}
    </ul>
  );
}

type KeptProps<T> = Pick<Props<T>, "line" | "parts"> & { entry: T; isFirst: boolean };

function Kept<T extends { at: string }>({ entry, isFirst, line, parts }: KeptProps<T>) {
  const [isOpen, setOpen] = useState(isFirst);
  const at = Date.parse(entry.at);
  return (
    <li>
      <details open={isFirst} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          {line(entry)}
          <time dateTime={entry.at} title={exact(at)}>
            {clockTime(at)}
          </time>
        </summary>
        {isOpen && parts(entry)}
      </details>
    </li>
  );
}
