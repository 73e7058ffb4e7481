import type { Keep } from "../channels/email/development.ts";
import type { Envelope } from "../channels/email/provider.ts";
import { readRows, type Statement } from "../db/database.ts";
import { plainAddress } from "../domain/email-status.ts";
import { newEmailId } from "../domain/ids.ts";
import { mailboxEvent } from "../email-events/providers/mailbox.ts";
import { type Recorded, type RecordTools, recordEvents } from "../email-events/record-events.ts";
import { mailboxLimits as limits } from "../platform/development-limits.ts";
import type { Log } from "../platform/log.ts";
import type { ChosenPlay, MailboxEmail, MailboxEntry, MailboxEvent, MailboxPlay } from "./answers.ts";
import { type Fate, fateByAddress, isEvent, replyTo } from "./plays.ts";
import { readEmail } from "./read-email.ts";
import {
  countDropped,
  createTables,
  deleteEmails,
  deletePlay,
  dropOldest,
  type EmailRow,
  type EntryRow,
  insertEmail,
  type PlayRow,
  putPlay,
  selectEmail,
  selectEntries,
  selectPlays,
  takePlay,
} from "./statements.ts";

export type MailboxTools = RecordTools & { log: Log };

/** An e-mail that is kept. */
interface KeptEmail {
  envelope: Envelope;
  row: EmailRow;
}

/**
 * The e-mails that would have been sent, in tables of development alone: every isolate sees them, and they outlast the server. It
 * plays what a provider does: it answers as was chosen, and tells afterwards what became of an e-mail, by the way of all events.
 */
export class Mailbox {
  readonly #tools: MailboxTools;

  constructor(tools: MailboxTools) {
    this.#tools = tools;
  }

  /** Keeps an e-mail, and answers as was chosen for its recipients, or by the address of one of them. */
  readonly keep: Keep = async (envelope, reason) => {
    const { db, clock, random } = this.#tools;
    const fate = await this.#fateOf(envelope);
    const id = newEmailId(random);
    const { play } = fate;
    const row = { id, at: clock.now(), play, reason, ...fitting(envelope) };
    await this.#run([insertEmail(db, row), dropOldest(db)]);
    if (isEvent(play)) await this.#tell(id, envelope, play, fate.recipients);
    return replyTo(play, id, reason ?? `Kept in the mailbox as ${id}.`);
  };

  async list(): Promise<{ data: MailboxEntry[]; dropped: number }> {
    const { db } = this.#tools;
    const [entries, [count]] = await this.#run<[EntryRow, { dropped: number }]>([
      selectEntries(db),
      countDropped(db),
    ]);
    return { data: entries.map(presentEntry), dropped: count?.dropped ?? 0 };
  }

  async find(id: string): Promise<MailboxEmail | undefined> {
    const found = await this.#find(id);
    if (!found) return undefined;
    const { envelope, row } = found;
    const { at, reason } = row;
    const leftOut = JSON.parse(row.left_out) as string[];
    return readEmail(envelope, { id, at, play: row.play as MailboxPlay, reason, leftOut });
  }

  async clear(): Promise<void> {
    await this.#run([deleteEmails(this.#tools.db)]);
  }

  async plays(): Promise<ChosenPlay[]> {
    const [plays] = await this.#run<[ChosenPlay]>([selectPlays(this.#tools.db)]);
    return plays;
  }

  /** Chooses a fate for e-mails to come; `accepted` forgets the choice. */
  async choose(chosen: ChosenPlay): Promise<void> {
    const { db } = this.#tools;
    await this.#run([chosen.play === "accepted" ? deletePlay(db, chosen.address) : putPlay(db, chosen)]);
  }

  /** Tells what became of an e-mail, for some of its recipients or all. Undefined: there is no such e-mail. */
  async tell(id: string, event: MailboxEvent, recipients?: readonly string[]): Promise<Recorded | undefined> {
    const found = await this.#find(id);
    return found && this.#tell(id, found.envelope, event, recipients ?? addressesOf(found.envelope));
  }

  async #tell(
    id: string,
    { messageId, tenantId }: Envelope,
    event: MailboxEvent,
    recipients: readonly string[],
  ): Promise<Recorded> {
    const { clock, log } = this.#tools;
    const startedAt = clock.now();
    const played = mailboxEvent(event, { id, messageId, tenantId, recipients, at: startedAt });
    const recorded = await recordEvents(this.#tools, [played]);
    log("email_events.recorded", {
      provider: "mailbox",
      ...recorded,
      durationMs: clock.now() - startedAt,
    });
    return recorded;
  }

  async #find(id: string): Promise<KeptEmail | undefined> {
    const [[row]] = await this.#run<[EmailRow]>([selectEmail(this.#tools.db, id)]);
    return row && { row, envelope: JSON.parse(row.envelope) as Envelope };
  }

  async #fateOf(envelope: Envelope): Promise<Fate> {
    const addresses = addressesOf(envelope);
    const [[taken]] = await this.#run<[PlayRow, never]>(takePlay(this.#tools.db, addresses));
    if (!taken) return fateByAddress(addresses) ?? { play: "accepted", recipients: [] };
    const recipients = taken.address === "*" ? addresses : [taken.address];
    return { play: taken.play as MailboxPlay, recipients };
  }

  /** Runs statements as one transaction, after those that make the tables. Answers the rows of each. */
  async #run<Rows extends readonly unknown[]>(statements: { [Read in keyof Rows]: Statement }) {
    const { db } = this.#tools;
    const tables = createTables(db);
    const rows = await readRows(db, [...tables, ...statements]);
    return rows.slice(tables.length) as { [Read in keyof Rows]: Rows[Read][] };
  }
}

function addressesOf({ to, cc = [], bcc = [] }: Envelope): string[] {
  return [...to, ...cc, ...bcc].flatMap((one) => plainAddress(one) ?? []);
}

/** Fields without which an e-mail is not shown. */
const KEPT: ReadonlySet<string> = new Set<keyof Envelope>([
  "from",
  "to",
  "cc",
  "bcc",
  "replyTo",
  "subject",
  "tenantId",
  "messageId",
  "committedAt",
  "attempt",
  "idempotencyKey",
]);

/** An envelope as a row has it: without the largest fields, if it would be too large. */
function fitting(envelope: Envelope): Pick<EmailRow, "envelope" | "left_out"> {
  const sized = Object.entries(envelope)
    .filter(([name]) => !KEPT.has(name))
    .map(([name, value]) => ({ name, size: JSON.stringify(value ?? null).length }))
    .toSorted((one, other) => other.size - one.size);
  const leftOut: string[] = [];
  let size = JSON.stringify(envelope).length;
  for (const field of sized) {
    if (size <= limits.emailSize) break;
    leftOut.push(field.name);
    size -= field.size;
  }
  const left = Object.entries(envelope).filter(([name]) => !leftOut.includes(name));
  return { envelope: JSON.stringify(Object.fromEntries(left)), left_out: JSON.stringify(leftOut) };
}

function presentEntry(row: EntryRow): MailboxEntry {
  const list = (json: string | null) => JSON.parse(json ?? "[]") as string[];
  const { id, reason, subject, attempt } = row;
  return {
    ...{ id, reason, subject, attempt },
    at: new Date(row.at).toISOString(),
    from: row.sender,
    to: list(row.recipients),
    cc: list(row.copies),
    bcc: list(row.blind_copies),
    play: row.play as MailboxPlay,
    tenantId: row.tenant_id,
    messageId: row.message_id,
  };
}
