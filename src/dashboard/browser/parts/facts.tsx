import type { ComponentChildren } from "preact";

/** Names with their values. Those without a value are left out. */
export function Facts({ facts }: { facts: readonly (readonly [string, ComponentChildren])[] }) {
  const given = facts.filter(([, value]) => value !== undefined && value !== null && value !== "");
  return (
    <dl class="facts">
      {given.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A figure with its name, that leads to what it counts. */
export function Tile({
  name,
  value,
  href,
  tone,
  note,
}: {
  name: string;
  value: ComponentChildren;
  href?: string | undefined;
  tone?: "bad" | "warn" | "good" | undefined;
  note?: ComponentChildren;
}) {
  const content = (
    <>
      <span class="name">{name}</span>
      <strong>{value}</strong>
      {note && <span class="small">{note}</span>}
    </>
  );
  return href ? (
    <a class={`tile ${tone ?? ""}`} href={href}>
      {content}
    </a>
  ) : (
    <div class={`tile ${tone ?? ""}`}>{content}</div>
  );
}
