import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { w } from "../words/words.ts";
import { Icon } from "./icons.tsx";

interface Props {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  /** True while something runs that closing would leave unseen. */
  isBusy?: boolean;
  wide?: boolean;
  /** `palette`: its heading is not seen. `pages`: at the lower edge. A click beside either closes it. */
  kind?: "palette" | "pages";
}

/** A modal dialog. The focus goes back to where it was when it closes. */
export function Dialog({ title, onClose, children, isBusy = false, wide = false, kind }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={kind ?? (wide ? "wide" : "")}
      aria-labelledby={id}
      {...(kind && { closedby: "any" })}
      onCancel={(event) => {
        event.preventDefault();
        if (!isBusy) onClose();
      }}
    >
      <div class="head">
        <h2 id={id}>{title}</h2>
        <button type="button" class="bare" aria-label={w.common.close} disabled={isBusy} onClick={onClose}>
          <Icon name="cross" />
        </button>
      </div>
      {children}
    </dialog>
  );
}
