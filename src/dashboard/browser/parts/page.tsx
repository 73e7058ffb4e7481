import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { usePlace } from "../router.ts";
import { w } from "../words/words.ts";
import { tenantOf } from "./nav.ts";
import { say } from "./said.tsx";
import { useSession } from "./signed-in.tsx";

interface Props {
  title: string;
  /** Places above this one, the widest first. */
  above?: readonly { name: string; href: string }[];
  actions?: ComponentChildren;
  children: ComponentChildren;
}

let isFirst = true;

/** A page: its heading, which takes the focus when one comes from another page, its actions and its content. */
export function Page({ title, above = [], actions, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { segments } = usePlace();
  const path = segments.join("/");
  const tenant = useSession().role && tenantOf(segments);
  useEffect(() => {
    const parts = [title, ...above.map(({ name }) => name).toReversed(), tenant, "edge-outbox"];
    document.title = [...new Set(parts)].filter(Boolean).join(" · ");
  });
  useEffect(() => {
    if (!isFirst) heading.current?.focus({ preventScroll: true });
    isFirst = false;
  }, [path]);
  return (
    <>
      <header class="page-head">
        <div>
          {above.length > 0 && (
            <nav class="above" aria-label={w.nav.above}>
              {above.map(({ name, href }) => (
                <a key={href} href={href}>
                  {name}
                </a>
              ))}
            </nav>
          )}
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
        </div>
        {actions && <div class="actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

/** A part of a page under a heading of its own. */
export function Section({
  title,
  aside,
  children,
}: {
  title: ComponentChildren;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="panel">
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

interface WayProps {
  href: string;
  /** Reason why whoever is signed in cannot go there: the button stays, and says so. */
  refused?: string | undefined;
  /** True: the step that the page wants most. */
  isFirst?: boolean;
  children: ComponentChildren;
}

/** A link that looks like the action that it leads to. */
export function WayTo({ href, refused, isFirst, children }: WayProps) {
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
