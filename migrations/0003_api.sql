-- Tokens, event types, sealed secrets, versions, trace context, and requests that are carried out once.
-- docs/storage.md describes the tables as they are now.

-- Moves with every change to an event type: a commit names the version it has checked its payloads against.
ALTER TABLE tenants ADD COLUMN types_version INTEGER NOT NULL DEFAULT 0;
CREATE INDEX tenants_created ON tenants (created_at, id);

-- A token is valid while its row is there and its time has not come.
CREATE TABLE tokens (
  tenant_id   TEXT    NOT NULL,
  id          TEXT    NOT NULL,
  scopes      TEXT    NOT NULL,
  description TEXT,
  created_at  INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_created ON tokens (tenant_id, created_at, id);

CREATE TABLE event_types (
  tenant_id   TEXT    NOT NULL,
  name        TEXT    NOT NULL,
  description TEXT,
  schema      TEXT,
  archived_at INTEGER,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_types_created ON event_types (tenant_id, created_at, name);

-- Requests other than commits that came with an idempotency key, and what was answered: sealed in `answer`. While
-- `status` is NULL it is not known, and `answer` names the try that is to say so.
CREATE TABLE request_keys (
  tenant_id   TEXT    NOT NULL,
  key         TEXT    NOT NULL,
  fingerprint TEXT    NOT NULL,
  status      INTEGER,
  answer      TEXT,
  created_at  INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, key)
) STRICT, WITHOUT ROWID;

-- Counts what a person or an answer has changed about an endpoint: its ETag.
ALTER TABLE endpoints ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
-- Headers to send that are never shown: a sealed JSON object, and their names.
ALTER TABLE endpoints ADD COLUMN secret_headers TEXT;
ALTER TABLE endpoints ADD COLUMN secret_header_names TEXT;
-- The key under which all of its secrets are sealed; NULL: not all under one, or not sealed, as the version before has
-- left them, which goes on making endpoints until the new one is deployed.
ALTER TABLE endpoints ADD COLUMN sealed_by TEXT;
CREATE INDEX endpoints_sealed ON endpoints (sealed_by) WHERE secret IS NOT NULL;
CREATE INDEX endpoints_live ON endpoints (tenant_id, created_at, id) WHERE state <> 'deleted';

-- W3C trace context of the request that committed it.
ALTER TABLE messages ADD COLUMN traceparent TEXT;

-- What was cancelled: seldom, and otherwise a scan.
CREATE INDEX deliveries_cancelled ON deliveries (tenant_id, seq) WHERE state = 'cancelled';
