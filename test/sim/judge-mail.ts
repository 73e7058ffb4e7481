import { UNCERTAIN } from "../../src/domain/email-status.ts";
import type { MessageIdRow } from "../../src/domain/message-id.ts";
import { messageId } from "../../src/domain/message-id.ts";
import type { Played } from "./play.ts";
import { BAD_SENDER } from "./sim-account.ts";
import { RETRY_SCHEDULE } from "./sim-world.ts";

/** An e-mail of a sender that is set up goes out within this where nothing else is wrong. */
const PROMPT_MS = 40_000;

/** Time that a request takes to arrive. */
const ON_ITS_WAY_MS = 100;

interface EmailRow extends Omit<MessageIdRow, "id_key"> {
  tenant_id: string;
  sender: string;
  committed_at: number;
  deliver_at: number | null;
  expires_at: string | null;
  /** `hold`: it is not sent again in doubt. */
  on_uncertain: string | null;
  /** Number of its replays. */
  replays: number;
  state: string;
  reason: string | null;
  resends: number;
  /** Attempts since its last replay that use up its schedule. */
  used: number;
}

/** Judges the e-mails of a history. */
export function judgeMail(played: Played): string[] {
  const { mail, d1 } = played.world;
  if (!mail) return [];
  const rows = d1.query<EmailRow>(
    `SELECT d.tenant_id, d.seq, m.nonce, m.payload ->> 'from' AS sender, m.payload ->> 'expiresAt' AS expires_at,
       m.payload ->> 'onUncertain' AS on_uncertain, m.committed_at, m.deliver_at, d.state, d.reason, d.resends,
       (SELECT count(*) FROM outbox_attempts a
        WHERE a.tenant_id = d.tenant_id AND a.seq = d.seq AND a.endpoint_id = d.endpoint_id AND a.n > d.schedule_from
          AND coalesce(a.http_status, 0) <> 429 AND a.error NOT IN ('suspended', 'invalid_from_address', 'batch_refused')) AS used,
       (SELECT count(*) FROM noted_replays r WHERE r.tenant_id = d.tenant_id AND r.seq = d.seq) AS replays
     FROM all_deliveries d JOIN all_messages m USING (tenant_id, seq) WHERE d.endpoint_id = 'ep_email'`,
  );
  return [
    ...mail.complaints,
    ...rows.flatMap((row) => [
      ...findSentTwice(played, row),
      ...findSpent(played, row),
      ...findHeldUp(played, row),
      ...findExpired(played, row),
    ]),
  ];
}

function sentOf({ world }: Played, { seq, nonce }: EmailRow): readonly number[] {
  return world.mail?.sent.get(messageId({ seq, nonce, id_key: world.d1.idKey })) ?? [];
}

/** Each e-mail goes out once, and once more for each replay after it was delivered: its provider drops the rest by their keys. */
function findSentTwice(played: Played, row: EmailRow): string[] {
  // A database that was set back knows neither what was sent nor with whom; one that was purged, no more with whom.
  if (played.world.faults.has("restore") || played.world.retention) return [];
  const times = sentOf(played, row).length;
  if (row.on_uncertain === "hold") return findNotHeld(played, row, times);
  return times > 1 + row.resends && !played.world.mail?.isKeyless
    ? [`mailed ${times} times: ${row.seq} of ${row.tenant_id}`]
    : [];
}

/** An e-mail that is held in doubt goes out once, and once more for each replay; without any fault nothing is in doubt. */
function findNotHeld(
  { world }: Played,
  { seq, tenant_id, replays, reason }: EmailRow,
  times: number,
): string[] {
  if (times > 1 + replays) return [`not held: ${seq} of ${tenant_id} was mailed ${times} times`];
  return reason === UNCERTAIN && world.faults.kinds.length === 0
    ? [`held for nothing: ${seq} of ${tenant_id}`]
    : [];
}

/** No e-mail is given up before all attempts of its schedule were made: a 429 is none, nor a refusal that others share. */
function findSpent({ world }: Played, { tenant_id, seq, state, reason, used }: EmailRow): string[] {
  const isGivenUp = state === "dead" && reason === "exhausted" && !world.retention;
  return isGivenUp && used <= RETRY_SCHEDULE.length
    ? [`spent: ${seq} of ${tenant_id} was given up after ${used} attempts of its schedule`]
    : [];
}

/** No e-mail is begun after it has expired: faults keep one on its way, or have a shared request repeated. */
function findExpired(played: Played, row: EmailRow): string[] {
  if (played.world.faults.kinds.length > 0 || row.expires_at === null) return [];
  const lateMs = (sentOf(played, row)[0] ?? 0) - Date.parse(row.expires_at);
  return lateMs > ON_ITS_WAY_MS
    ? [`expired: ${row.seq} of ${row.tenant_id} went out ${lateMs} ms later`]
    : [];
}

/** One sender's refusal holds up nobody else. */
function findHeldUp(played: Played, row: EmailRow): string[] {
  if (played.world.faults.kinds.length > 0 || row.sender === BAD_SENDER) return [];
  const [first] = sentOf(played, row);
  const lateMs = (first ?? 0) - Math.max(row.committed_at, row.deliver_at ?? 0);
  return lateMs > PROMPT_MS ? [`held up: ${row.seq} of ${row.tenant_id} went out after ${lateMs} ms`] : [];
}
