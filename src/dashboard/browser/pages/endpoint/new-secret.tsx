import { useState } from "preact/hooks";
import { Copy } from "../../parts/copy.tsx";
import { Code } from "../../parts/curl.tsx";
import { Section } from "../../parts/page.tsx";
import { w } from "../../words/words.ts";
import { SNIPPETS } from "./snippets.ts";

/** A new signing secret, which nothing shows again once this part of the page is gone. */
export function NewSecret({ secret, onKept }: { secret: string; onKept: () => void }) {
  return (
    <Section title={w.endpoints.newSecret}>
      <div class="stack">
        <p>{w.endpoints.shownOnce}</p>
        <div class="secret">
          <code>{secret}</code>
          <Copy text={secret} of={w.endpoints.secret} word />
        </div>
        <Verify />
        <div>
          <button type="button" class="primary" onClick={onKept}>
            {w.endpoints.kept}
          </button>
        </div>
      </div>
    </Section>
  );
}

type Language = keyof typeof SNIPPETS;

/** How a receiver verifies webhooks, in a language of one's choice. */
export function Verify() {
  const [language, setLanguage] = useState<Language>("Node.js");
  return (
    <div class="stack">
      <h3>{w.endpoints.verify}</h3>
      <fieldset class="segments">
        <legend class="unseen">{w.endpoints.verifyIn}</legend>
        {Object.keys(SNIPPETS).map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={one === language}
            onClick={() => setLanguage(one as Language)}
          >
            {one}
          </button>
        ))}
      </fieldset>
      <Code text={SNIPPETS[language].join("\n")} of={w.endpoints.snippet(language)} />
      <p class="small">{w.endpoints.verifyHint}</p>
    </div>
  );
}
