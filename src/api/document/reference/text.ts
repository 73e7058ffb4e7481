import { html, raw } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** Text in which what stands between backticks is code. */
export function code(text: string): Html {
  const parts = text.split("`");
  return html`${parts.map((part, position) => (position % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}

/** Paragraphs, divided by empty lines. */
export function prose(text: string | undefined): Html | "" {
  if (!text) return "";
  return html`${text.split(/\n{2,}/).map((paragraph) => html`<p>${code(paragraph)}</p>${raw("\n")}`)}`;
}

/** The words of a heading, which lead to where they stand: for those who want to point there. */
export function heading(id: string, text: string): Html {
  return html`<a class="anchor" href="#${id}">${text}</a>`;
}
