import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { clockTime, exact } from "../parts/format.ts";

interface Props<T> {
  entries: readonly T[];
  /** Words of an entry's line, before its time. */
  line: (entry: T) => ComponentChildren;
  /** Content of an entry that is open. */
  parts: (entry: T) => ComponentChildren;
}

/** What the inspector keeps, newest first: a line for each, which opens. The newest is open, until somebody opens or closes one. */
export function KeptList<T extends { id: string; at: string }>({ entries, line, parts }: Props<T>) {
  const [isByHand, setByHand] = useState(false);
  const first = useRef<string | undefined>(undefined);
  if (!isByHand) first.current = entries[0]?.id;
  return (
    <ul class="kept">
      {entries.map((entry) => (
        <Kept
          key={entry.id}
          isFirst={entry.id === first.current}
          {...{ entry, line, parts }}
          onTurn={() => setByHand(true)}
        />
      ))}
    </ul>
  );
}

type KeptProps<T> = Pick<Props<T>, "line" | "parts"> & {
  entry: T;
  isFirst: boolean;
  /** Told when a person opens or closes it. */
  onTurn: () => void;
};

function Kept<T extends { at: string }>({ entry, isFirst, line, parts, onTurn }: KeptProps<T>) {
  const [isOpen, setOpen] = useState(isFirst);
  useEffect(() => setOpen(isFirst), [isFirst]);
  const at = Date.parse(entry.at);
  return (
    <li>
      <details
        open={isOpen}
        onToggle={({ currentTarget: { open } }) => {
          if (open === isOpen) return;
          onTurn();
          setOpen(open);
        }}
      >
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
