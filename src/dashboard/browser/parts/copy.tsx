import { useState } from "preact/hooks";
import { w } from "../words/words.ts";
import { shortened, visible } from "./format.ts";
import { Icon } from "./icons.tsx";
import { say } from "./said.tsx";

/** Copies a text, also where the page is not served over https. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  const host = document.activeElement?.closest("dialog") ?? document.body;
  host.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

interface Props {
  /** Text to copy, or a function that makes it. */
  text: string | (() => Promise<string>);
  /** Name of what is copied, for those who do not see where the button stands. */
  of: string;
  /** Word beside the icon; true: the usual one. */
  word?: boolean | string;
}

/** A button that copies a text. */
export function Copy({ text, of, word = false }: Props) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await copyText(typeof text === "string" ? text : await text());
    setCopied(true);
    say(w.common.copied(of));
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <button type="button" class={word ? "quiet" : "bare"} aria-label={w.common.copy(of)} onClick={copy}>
      <Icon name={isCopied ? "check" : "copy"} />
      {word && <span>{word === true ? w.common.copyWord : word}</span>}
    </button>
  );
}

/** An id, shortened in its middle, with a button that copies all of it. */
export function Id({ id, href, of = "id" }: { id: string; href?: string; of?: string }) {
  const shown = <code title={id}>{visible(shortened(id))}</code>;
  return (
    <span class="id">
      {href ? <a href={href}>{shown}</a> : shown}
      <Copy text={id} of={of} />
    </span>
  );
}
