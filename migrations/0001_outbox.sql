-- The storage of the outbox. docs/storage.md says what each row costs and why each index is there.
-- STRICT for types; WITHOUT ROWID because D1 bills a rowid table's primary key as a second row.

CREATE TABLE tenants (
  id         TEXT    NOT NULL PRIMARY KEY,
  name       TEXT,
  state      TEXT    NOT NULL CHECK (state IN ('active', 'paused', 'deleted')),
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE endpoints (
  tenant_id             TEXT    NOT NULL,
  id                    TEXT    NOT NULL,
  channel               TEXT    NOT NULL CHECK (channel IN ('webhook', 'email', 'handler')),
  target                TEXT    NOT NULL,
  event_types           TEXT,
  state                 TEXT    NOT NULL CHECK (state IN ('enabled', 'paused', 'disabled', 'deleted')),
  state_reason          TEXT,
  description           TEXT,
  headers               TEXT,
  retry_schedule        TEXT,
  secret                TEXT,
  previous_secrets      TEXT,
  created_at            INTEGER NOT NULL,
  updated_at            INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;

-- seq is the tenant's own gapless sequence: its order is the order of commits.
CREATE TABLE messages (
  tenant_id    TEXT    NOT NULL,
  seq          INTEGER NOT NULL,
  nonce        TEXT    NOT NULL,
  event_type   TEXT    NOT NULL,
  payload      TEXT    NOT NULL,
  ordering_key TEXT,
  deliver_at   INTEGER,
  endpoint_ids TEXT,
  committed_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency_keys (
  tenant_id     TEXT    NOT NULL,
  key           TEXT    NOT NULL,
  fingerprint   TEXT    NOT NULL,
  first_seq     INTEGER NOT NULL,
  message_count INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, key)
) STRICT, WITHOUT ROWID;

-- One message to one endpoint. started_at to excerpt describe the latest attempt.
-- due_at: when somebody must look at it again; NULL once settled.
-- behind: 1 while an earlier delivery of its endpoint and ordering key is unsettled.
-- schedule_from: how many attempts had been made when it was last replayed; the retry schedule begins anew there.
CREATE TABLE deliveries (
  tenant_id     TEXT    NOT NULL,
  seq           INTEGER NOT NULL,
  endpoint_id   TEXT    NOT NULL,
  ordering_key  TEXT,
  payload_bytes INTEGER NOT NULL,
  state         TEXT    NOT NULL CHECK (state IN ('pending', 'leased', 'delivered', 'dead', 'cancelled')),
  due_at        INTEGER,
  behind        INTEGER NOT NULL DEFAULT 0,
  lease_token   TEXT,
  claims        INTEGER NOT NULL DEFAULT 0,
  attempts      INTEGER NOT NULL DEFAULT 0,
  schedule_from INTEGER NOT NULL DEFAULT 0,
  claimed_at    INTEGER,
  started_at    INTEGER,
  duration_ms   INTEGER,
  http_status   INTEGER,
  error         TEXT,
  excerpt       TEXT,
  settled_at    INTEGER,
  reason        TEXT,
  PRIMARY KEY (tenant_id, seq, endpoint_id),
  CHECK ((due_at IS NOT NULL) = (state IN ('pending', 'leased'))),
  CHECK ((lease_token IS NOT NULL) = (state = 'leased')),
  CHECK ((settled_at IS NULL) = (due_at IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- What is to be looked at, and when. Those waiting behind their key's head are not in it,
-- so a blocked key costs the others nothing.
CREATE INDEX deliveries_due ON deliveries (tenant_id, endpoint_id, due_at)
  WHERE due_at IS NOT NULL AND behind = 0;

-- The unsettled of each key, in order. Its condition names settled_at, not due_at, which every claim moves:
-- an index whose condition names a changed column is written again.
CREATE INDEX deliveries_key ON deliveries (tenant_id, endpoint_id, ordering_key, seq)
  WHERE ordering_key IS NOT NULL AND settled_at IS NULL;

-- The dead letters: what wants a person.
CREATE INDEX deliveries_dead ON deliveries (tenant_id, seq) WHERE state = 'dead';

-- Settling a delivery frees the next one of its key in the same transaction, whoever settles it.
CREATE TRIGGER deliveries_free_next AFTER UPDATE OF due_at ON deliveries
WHEN NEW.due_at IS NULL AND OLD.due_at IS NOT NULL AND NEW.ordering_key IS NOT NULL
BEGIN
  UPDATE deliveries SET behind = 0
  WHERE tenant_id = NEW.tenant_id AND endpoint_id = NEW.endpoint_id AND behind = 1
    AND seq = (
      SELECT min(seq) FROM deliveries INDEXED BY deliveries_key
      WHERE tenant_id = NEW.tenant_id AND endpoint_id = NEW.endpoint_id
        AND ordering_key = NEW.ordering_key AND ordering_key IS NOT NULL AND settled_at IS NULL
    );
END;

-- Every attempt but one: a first attempt that delivers is recorded in its delivery's row alone.
CREATE TABLE attempts (
  tenant_id   TEXT    NOT NULL,
  seq         INTEGER NOT NULL,
  endpoint_id TEXT    NOT NULL,
  n           INTEGER NOT NULL,
  outcome     TEXT    NOT NULL CHECK (outcome IN ('delivered', 'retry', 'dead')),
  started_at  INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  http_status INTEGER,
  error       TEXT,
  excerpt     TEXT,
  PRIMARY KEY (tenant_id, seq, endpoint_id, n)
) STRICT, WITHOUT ROWID;
