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
}: {
  sentence: string;
  reasons: readonly Reason[];
  note?: string | undefined;
}) {
  const isWell = reasons.length === 0;
  return (
    <section class={`standing ${isWell ? "good" : "bad"}`} aria-label={sentence}>
      <Icon name={isWell ? "check" : "failures"} />
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
