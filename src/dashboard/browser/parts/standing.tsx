import { Icon } from "./icons.tsx";

/** A reason for trouble, with the page that tells more of it. */
export interface Reason {
  text: string;
  href: string | undefined;
}

/** How it stands, in a sentence, and why. */
export function Standing({
  sentence,
  reasons,
  note,
  isTrying = false,
}: {
  sentence: string;
  reasons: readonly Reason[];
  note?: string | undefined;
  /** True: something fails that nobody needs to mend yet. */
  isTrying?: boolean;
}) {
  const isWell = reasons.length === 0;
  const look = !isWell ? "bad" : isTrying ? "warn" : "good";
  return (
    <section class={`standing ${look}`} aria-label={sentence}>
      <Icon name={look === "good" ? "check" : "failures"} />
      <div>
        <strong>{sentence}</strong>
        {!isWell && (
          <ul>
            {reasons.map(({ text, href }) => (
              <li key={text}>{href === undefined ? text : <a href={href}>{text}</a>}</li>
            ))}
          </ul>
        )}
        {note && <p class="small">{note}</p>}
      </div>
    </section>
  );
}
