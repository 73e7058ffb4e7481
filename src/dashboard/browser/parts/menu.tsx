import type { ComponentChildren } from "preact";
import { useCallback, useRef, useState } from "preact/hooks";

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
  const [isOpen, setOpen] = useState(false);
  const menu = useRef<HTMLDivElement>(null);
  // The browser has closed it before the click comes.
  const wasOpen = useRef(false);
  // At once, so that a part of the content can take the focus before the next key.
  const open = useCallback((element: HTMLDivElement | null) => {
    menu.current = element;
    element?.showPopover();
  }, []);
  return (
    <>
      <button
        type="button"
        class={`quiet opens-${kind}`}
        title={title}
        aria-expanded={isOpen}
        onPointerDown={() => {
          wasOpen.current = isOpen;
        }}
        onClick={() => {
          setOpen(!isOpen && !wasOpen.current);
          wasOpen.current = false;
        }}
      >
        {label}
      </button>
      {isOpen && (
        <div
          ref={open}
          popover="auto"
          class={`menu ${kind}`}
          onToggle={({ newState }: { newState: string }) => newState === "closed" && setOpen(false)}
        >
          {children(() => menu.current?.hidePopover())}
        </div>
      )}
    </>
  );
}
