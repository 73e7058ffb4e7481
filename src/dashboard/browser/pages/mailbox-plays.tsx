import { useState } from "preact/hooks";
import type { ChosenPlay } from "../../inspector/answers.ts";
import { call } from "../api.ts";
import { SelectField, TextField } from "../parts/fields.tsx";
import { count, visible } from "../parts/format.ts";
import { act, MAILBOX, Press } from "./inspector-parts.tsx";
import { i } from "./inspector-words.ts";

const ALL = "*";
const choose = (body: object) => call("PUT", `${MAILBOX}/plays`, body);

/** What the mailbox plays for e-mails to come: the choice, and all that is chosen. */
export function MailboxPlays({ plays }: { plays: readonly ChosenPlay[] }) {
  const [typed, setTyped] = useState("");
  const [isForOne, setForOne] = useState(false);
  const address = typed.trim().toLowerCase() || ALL;
  const chosen = plays.find((one) => one.address === address);
  return (
    <>
      <TextField label={i.playsTo} hint={i.playsToHint} value={typed} onValue={setTyped} type="email" />
      <SelectField
        label={i.playsFor}
        value={isForOne ? "one" : "all"}
        options={[
          { value: "all", label: i.playsForAll },
          { value: "one", label: i.playsForOne },
        ]}
        onValue={(value) => setForOne(value === "one")}
      />
      <SelectField
        label={i.answers}
        value={chosen?.play ?? "accepted"}
        options={Object.entries(i.mailboxPlays).map(([value, label]) => ({ value, label }))}
        onValue={(play) =>
          void act(() => choose({ address, play, ...(isForOne && { times: 1 }) }), i.chosen(i.mailbox))
        }
      />
      {plays.length > 0 && (
        <ul aria-label={i.playsChosen}>
          {plays.map((one) => (
            <li key={one.address} class="row">
              <span>{told(one)}</span>
              <Press
                label={i.forget}
                done={i.forgotten}
                run={() => choose({ address: one.address, play: "accepted" })}
              />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function told({ address, play, times }: ChosenPlay): string {
  const to = `${i.playsTo} ${address === ALL ? i.toAll : visible(address)}`;
  const often = times === null ? "" : ` (${i.times(count(times))})`;
  return `${to}${often}: ${i.mailboxPlays[play]}`;
}
