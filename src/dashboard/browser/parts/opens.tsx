import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { say } from "./said.tsx";

/** A button that opens a dialog; or tells why it does not. */
export function Opens({
  label,
  refused,
  isFirst,
  shortcut,
  isOpen: isOpenFirst = false,
  onClose,
  children,
}: {
  label: string;
  refused: string | undefined;
  isFirst?: boolean;
  /** The key that presses the button. */
  shortcut?: "r";
  /** True: it is open at first. */
  isOpen?: boolean;
  onClose?: () => void;
  children: (close: () => void) => ComponentChildren;
}) {
  const [isOpen, setOpen] = useState(isOpenFirst && refused === undefined);
  return (
    <>
      <button
        type="button"
        class={isFirst ? "primary" : ""}
        aria-disabled={refused !== undefined}
        aria-keyshortcuts={shortcut}
        title={refused}
        onClick={() => (refused === undefined ? setOpen(true) : say(refused))}
      >
        {label}
      </button>
      {isOpen &&
        children(() => {
          setOpen(false);
          onClose?.();
        })}
    </>
  );
}
