-- The shop's own tables. They stand beside the outbox's, so that one batch writes to both.

CREATE TABLE customers (
  id            TEXT    NOT NULL PRIMARY KEY,
  email         TEXT    NOT NULL UNIQUE,
  name          TEXT    NOT NULL,
  registered_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE orders (
  id             TEXT    NOT NULL PRIMARY KEY,
  product        TEXT    NOT NULL,
  amount_cents   INTEGER NOT NULL CHECK (amount_cents > 0),
  customer_name  TEXT    NOT NULL,
  customer_email TEXT    NOT NULL,
  state          TEXT    NOT NULL CHECK (state IN ('pending', 'paid', 'cancelled')),
  placed_at      INTEGER NOT NULL,
  settled_at     INTEGER,
  CHECK ((settled_at IS NULL) = (state = 'pending'))
) STRICT, WITHOUT ROWID;

-- What the payment API is asked for: one charge for an order. payment_id is its name for it, once it has told.
CREATE TABLE charges (
  id             TEXT    NOT NULL PRIMARY KEY,
  order_id       TEXT    NOT NULL UNIQUE REFERENCES orders (id),
  amount_cents   INTEGER NOT NULL CHECK (amount_cents > 0),
  payment_method TEXT    NOT NULL,
  state          TEXT    NOT NULL CHECK (state IN ('pending', 'succeeded', 'declined')),
  payment_id     TEXT,
  CHECK (state <> 'succeeded' OR payment_id IS NOT NULL)
) STRICT, WITHOUT ROWID;
