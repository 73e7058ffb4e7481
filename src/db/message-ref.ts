import { isMessageId, type MessageRef, parseMessageId } from "../domain/message-id.ts";
import type { Database } from "./database.ts";
import { columnsOf, type RowOf } from "./row.ts";
import type { idKeys, messages } from "./schema.ts";

const SELECT_KEY = "SELECT key FROM outbox_id_key WHERE id = 1";

/** SQL: a column `id_key`, the key for the message ids of this database. */
export const ID_KEY = `(${SELECT_KEY}) AS id_key`;

/** SQL: columns of a `MessageIdRow`, of a message `m`. */
export const MESSAGE_ID = `${columnsOf<typeof messages>("m", ["seq", "nonce"])}, ${ID_KEY}`;

/** Keys that this isolate has read. A database's key never changes, even when the database is set back. */
const keys = new WeakMap<Database, string>();

/** Finds the message with this id, if it exists. Undefined for a malformed id, without asking D1. */
export async function messageRef(db: Database, id: string): Promise<MessageRef | undefined> {
  return isMessageId(id) ? parseMessageId(id, await readKey(db)) : undefined;
}

async function readKey(db: Database): Promise<string> {
  const known = keys.get(db);
  if (known !== undefined) return known;
  const row = await db.prepare(SELECT_KEY).first<RowOf<typeof idKeys, "key">>();
  if (!row) throw new Error("outbox_id_key has no row: the migrations are not all applied");
  keys.set(db, row.key);
  return row.key;
}
