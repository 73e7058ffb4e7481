import { exampleOf } from "../example.ts";
import { w } from "../words/words.ts";
import { Code } from "./curl.tsx";
import { Section } from "./page.tsx";

/** A payload as the schema of an event type describes it. Without a schema there is none. */
export function Example({ schema }: { schema: unknown }) {
  if (schema === null) return null;
  const text = JSON.stringify(exampleOf(schema), null, 2) ?? "";
  return (
    <Section title={w.eventTypes.example}>
      <p class="small">{w.eventTypes.exampleNote}</p>
      <Code text={text} of={w.eventTypes.example} />
    </Section>
  );
}
