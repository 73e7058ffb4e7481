import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useId, useLayoutEffect, useRef } from "preact/hooks";
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
  const id = useId();
  const before = useRef<Element>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  // At once, so that a part of the content can take the focus before the next key.
  const open = useCallback((dialog: HTMLDialogElement | null) => {
    before.current ??= document.activeElement;
    dialog?.showModal();
  }, []);
  useEffect(() => {
    return () => {
      if (before.current instanceof HTMLElement && before.current.isConnected) before.current.focus();
    };
  }, []);
  // A button that is disabled loses the focus to the page, where Escape would close the dialog whatever it says.
  useLayoutEffect(() => {
    if (isBusy && document.activeElement?.matches("body, :disabled")) heading.current?.focus();
  }, [isBusy]);
  return (
    <dialog
      ref={open}
      class={kind ?? (wide ? "wide" : "")}
      aria-labelledby={id}
      {...(kind && { closedby: "any" })}
      // A browser closes a dialog whose "cancel" was prevented a second time, so the key is taken before it becomes one.
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented) return;
        event.preventDefault();
        if (!isBusy) onClose();
      }}
      onCancel={(event) => {
        event.preventDefault();
        if (!isBusy) onClose();
      }}
      onClose={({ currentTarget }) => {
        if (isBusy) currentTarget.showModal();
        else onClose();
      }}
    >
      <div class="head">
        <h2 id={id} ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <button type="button" class="bare" aria-label={w.common.close} disabled={isBusy} onClick={onClose}>
          <Icon name="cross" />
        </button>
      </div>
      {children}
    </dialog>
  );
}
