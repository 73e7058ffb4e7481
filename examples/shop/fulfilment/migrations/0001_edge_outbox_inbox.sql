-- The storage of the inbox, for a Worker that receives webhooks. It needs no other table of the outbox.
-- One row for each webhook that was received: its primary key refuses a repetition. docs/start/inbox.md says what a row costs.

-- received_at: in milliseconds since the epoch.
CREATE TABLE outbox_inbox (
  source      TEXT    NOT NULL,
  webhook_id  TEXT    NOT NULL,
  received_at INTEGER NOT NULL,
  PRIMARY KEY (source, webhook_id)
) STRICT, WITHOUT ROWID;

-- The oldest of a source, to be forgotten. By source, because each is remembered for a time of its own.
CREATE INDEX outbox_inbox_received ON outbox_inbox (source, received_at);
