import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";

interface Props {
  /** Content of the button. */
  label: ComponentChildren;
  /** Name of the kind of menu, for its place on the page. */
  kind: string;
  title?: string;
  children: (close: () => void) => ComponentChildren;
}

/**
 * A button, and a part of the page that opens below it. The browser closes it on Escape and on a click elsewhere, and
 * gives the focus back.
 */
export function Menu({ label, kind, title, children }: Props) {
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" class={`quiet opens-${kind}`} popovertarget={id} title={title}>
        {label}
      </button>
      <div
        id={id}
        popover="auto"
        class={`menu ${kind}`}
        onToggle={({ newState }: { newState: string }) => setOpen(newState === "open")}
      >
        {isOpen && children(() => document.getElementById(id)?.hidePopover())}
      </div>
    </>
  );
}
