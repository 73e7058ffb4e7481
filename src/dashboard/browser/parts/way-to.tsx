import type { ComponentChildren } from "preact";
import { say } from "./said.tsx";

interface Props {
  href: string;
  /** Reason why whoever is signed in cannot go there: the button stays, and says so. */
  refused?: string | undefined;
  /** True: the step that the page wants most. */
  isFirst?: boolean;
  children: ComponentChildren;
}

/** A link that looks like the action that it leads to. */
export function WayTo({ href, refused, isFirst, children }: Props) {
  const kind = isFirst ? "primary" : "";
  if (refused === undefined) {
    return (
      <a class={`button ${kind}`} href={href}>
        {children}
      </a>
    );
  }
  return (
    <button type="button" class={kind} aria-disabled="true" title={refused} onClick={() => say(refused)}>
      {children}
    </button>
  );
}
