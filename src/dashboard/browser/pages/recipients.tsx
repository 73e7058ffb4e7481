import type { Delivery } from "../parts/delivery.ts";
import { visible } from "../parts/format.ts";
import type { IconName } from "../parts/icons.tsx";
import { Mark } from "../parts/marks.tsx";
import { Time } from "../parts/time.tsx";
import { w } from "../words/words.ts";

type Recipient = NonNullable<Delivery["recipients"]>[number];

const MARKS: Partial<Record<Recipient["status"], ["good" | "bad" | "warn", IconName]>> = {
  delivered: ["good", "check"],
  deferred: ["warn", "clock"],
  uncertain: ["warn", "clock"],
  suppressed: ["warn", "stop"],
  expired: ["bad", "dead"],
  failed: ["bad", "dead"],
  bounced: ["bad", "dead"],
  complained: ["bad", "dead"],
};

/** Recipients of an e-mail, with what the provider has told of each. Nothing, as long as it has told nothing. */
export function Recipients({ recipients }: { recipients: readonly Recipient[] }) {
  if (recipients.every(({ events }) => events.length === 0)) return null;
  return (
    <ul class="recipients" aria-label={w.message.recipients}>
      {recipients.map((recipient) => (
        <li key={recipient.address} class="row">
          <One {...recipient} />
        </li>
      ))}
    </ul>
  );
}

function One({ address, status, bounce, events }: Recipient) {
  const [tone, icon] = MARKS[status] ?? ["plain", "clock"];
  const last = events.at(-1);
  const kind = bounce && w.message.bounces[bounce];
  return (
    <>
      <Mark tone={tone} icon={icon}>
        {[w.message.statuses[status], kind].filter(Boolean).join(", ")}
      </Mark>
      <span class="cut">{visible(address)}</span>
      {last && <Time at={last.at} />}
      {last?.detail && <span class="small">{visible(last.detail)}</span>}
    </>
  );
}
