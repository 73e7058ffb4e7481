import { useEffect, useId, useRef } from "preact/hooks";
import { API_ROOT } from "../base.ts";
import { w } from "../words/words.ts";

/**
 * The HTML of an e-mail, in a frame without scripts that loads nothing. The page for the frame comes from the server, which
 * gives it a policy of its own: HTML within this page would have this page's policy, and lose its look.
 */
export function HtmlEmail({ html }: { html: string }) {
  const form = useRef<HTMLFormElement>(null);
  const id = useId();
  useEffect(() => form.current?.submit(), [html]);
  return (
    <div>
      <h3>{w.message.html}</h3>
      <p class="small">{w.message.htmlHint}</p>
      <form ref={form} method="post" action={`${API_ROOT}ui/email`} target={id} hidden>
        <textarea name="html" value={html} />
      </form>
      <iframe class="email" name={id} title={w.message.html} sandbox="" />
    </div>
  );
}
