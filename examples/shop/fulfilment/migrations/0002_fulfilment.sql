CREATE TABLE shipments (
  order_id    TEXT    NOT NULL PRIMARY KEY,
  product     TEXT    NOT NULL,
  recipient   TEXT    NOT NULL,
  received_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
