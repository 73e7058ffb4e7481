import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { w } from "../words/words.ts";
import { Icon } from "./icons.tsx";

interface Props {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  /** True while something runs that closing would leave unseen. */
  isBusy?: boolean;
  wide?: boolean;
}

/** A modal dialog. The focus goes back to where it was when it closes. */
export function Dialog({ title, onClose, children, isBusy = false, wide = false }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={wide ? "wide" : ""}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        if (!isBusy) onClose();
      }}
    >
      <header>
        <h2 id={id}>{title}</h2>
        <button type="button" class="bare" aria-label={w.common.close} disabled={isBusy} onClick={onClose}>
          <Icon name="cross" />
        </button>
      </header>
      {children}
    </dialog>
  );
}
