import type { ComponentChildren } from "preact";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { go } from "../router.ts";
import { Icon, type IconName } from "./icons.tsx";

/** Something to choose: a place to go to, or a thing to do. */
export interface Option {
  key: string;
  icon: IconName;
  text: string;
  note?: string | undefined;
  href?: string;
  run?: () => void;
  /** True: choosing it leaves the list open. */
  stays?: boolean;
}

/** Options under a heading. */
export interface OptionGroup {
  name: string;
  options: readonly Option[];
}

interface Props {
  label: string;
  text: string;
  onText: (text: string) => void;
  placeholder: string;
  groups: readonly OptionGroup[];
  /** Told when an option was chosen. */
  onChosen: () => void;
  /** Stands below the list, and is read out. */
  children?: ComponentChildren;
}

/** A box to type in, and a list of what it offers. https://www.w3.org/WAI/ARIA/apg/patterns/combobox/ */
export function Combobox({ label, text, onText, placeholder, groups, onChosen, children }: Props) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const given = groups.filter(({ options }) => options.length > 0);
  const all = given.flatMap(({ options }) => options);
  const [wanted, setWanted] = useState<string>();
  const found = all.findIndex(({ key }) => key === wanted);
  const at = Math.max(found, 0);
  const active = all[at];
  const idOf = (option: Option) => `${id}-${all.indexOf(option)}`;
  useLayoutEffect(() => input.current?.focus(), []);
  useEffect(() => {
    if (active) document.getElementById(idOf(active))?.scrollIntoView({ block: "nearest" });
  }, [active?.key]);

  const choose = ({ run, href, stays }: Option) => {
    if (!stays) onChosen();
    run?.();
    if (href !== undefined) go(href);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) setWanted(all[(at + step + all.length) % all.length]?.key);
    else if (event.key !== "Enter" || !active) return;
    else choose(active);
    event.preventDefault();
  };
  return (
    <div class="combobox">
      <div class="box">
        <Icon name="search" />
        <input
          ref={input}
          type="text"
          role="combobox"
          aria-label={label}
          aria-expanded={all.length > 0}
          aria-controls={id}
          aria-autocomplete="list"
          aria-activedescendant={active && idOf(active)}
          autocomplete="off"
          spellcheck={false}
          {...{ placeholder, value: text, onKeyDown }}
          onInput={(event) => {
            setWanted(undefined);
            onText(event.currentTarget.value);
          }}
        />
      </div>
      <div id={id} role="listbox" aria-label={label} class="options" hidden={all.length === 0}>
        {given.map(({ name, options }) => (
          // biome-ignore lint/a11y/useSemanticElements: a list of options takes groups, and no set of fields
          <div key={name} role="group" aria-label={name}>
            <div class="small" aria-hidden="true">
              {name}
            </div>
            {options.map((option) => (
              <Choice
                key={option.key}
                id={idOf(option)}
                {...{ option, isActive: option === active }}
                onChosen={() => choose(option)}
              />
            ))}
          </div>
        ))}
      </div>
      {children}
    </div>
  );
}

interface ChoiceProps {
  id: string;
  option: Option;
  isActive: boolean;
  onChosen: () => void;
}

/** A link where it can be one, so that it opens in another tab, too. */
function Choice({ id, option: { icon, text, note, href }, isActive, onChosen }: ChoiceProps) {
  const Element = href === undefined ? "div" : "a";
  return (
    <Element
      id={id}
      role="option"
      aria-selected={isActive}
      tabIndex={-1}
      {...(href !== undefined && { href })}
      onClick={(event: MouseEvent) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        onChosen();
      }}
    >
      <Icon name={icon} />
      <span>{text}</span>
      {note && <span class="small">{note}</span>}
    </Element>
  );
}
