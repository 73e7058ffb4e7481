-- The storage of the outbox. What each row costs, and why each index is there: docs/internals/storage.md of edge-outbox.
-- Every name begins with outbox_, so that it can stand in an app's own database.
-- STRICT for types. WITHOUT ROWID, because D1 bills the primary key of a table with rowids as a second row; but for
-- outbox_messages, whose key is its rowid: a row of more than 1,002 bytes takes a page of its own in a table WITHOUT ROWID.

-- number: with it begin the keys of the tenant's messages. A tenant's row is never deleted, so no number is given out twice.
-- purge_at, purge_after, purged: when the tenant's old messages are looked at next, after which sequence number, and how
-- many have been removed. types_version moves with every change to an event type: a commit names the version it has
-- checked its payloads against. quota: how much it may commit in a day, as JSON; NULL: as much as it likes.
-- summed_to: up to which sequence number first attempts that delivered are in outbox_sums. notify_email: who is told of its
-- disabled endpoints. senders: as whom its e-mails may be sent, as a JSON array; NULL: docs/start/emails.md. late_told_at, dead_told_at: when its backlog, and its dead letters, were last told of.
-- complained_at: when the latest complaint came that the cron has yet to judge; NULL: none. complaints_told_at, complaints_told:
-- when it was last told of too many complaints, and their level.
CREATE TABLE outbox_tenants (
  number        INTEGER NOT NULL PRIMARY KEY,
  id            TEXT    NOT NULL UNIQUE,
  name          TEXT,
  state         TEXT    NOT NULL CHECK (state IN ('active', 'paused', 'deleted')),
  created_at    INTEGER NOT NULL,
  purge_at      INTEGER NOT NULL DEFAULT 0,
  purge_after   INTEGER NOT NULL DEFAULT 0,
  purged        INTEGER NOT NULL DEFAULT 0,
  types_version INTEGER NOT NULL DEFAULT 0,
  quota         TEXT,
  summed_to     INTEGER NOT NULL DEFAULT 0,
  notify_email  TEXT,
  senders       TEXT,
  late_told_at  INTEGER,
  dead_told_at  INTEGER,
  complained_at INTEGER,
  complaints_told_at INTEGER,
  complaints_told    TEXT
) STRICT;

CREATE INDEX outbox_tenants_purge ON outbox_tenants (purge_at);
CREATE INDEX outbox_tenants_created ON outbox_tenants (created_at, id);
CREATE INDEX outbox_tenants_complained ON outbox_tenants (complained_at) WHERE complained_at IS NOT NULL;
CREATE INDEX outbox_tenants_complaints ON outbox_tenants (complaints_told_at) WHERE complaints_told_at IS NOT NULL;
CREATE INDEX outbox_tenants_inactive ON outbox_tenants (state) WHERE state <> 'active';

-- What a tenant that has a quota has committed in a day (UTC, counted from 1970). NOT NULL refuses what is more than it may.
CREATE TABLE outbox_usage (
  tenant_id  TEXT    NOT NULL,
  day        INTEGER NOT NULL,
  messages   INTEGER NOT NULL,
  bytes      INTEGER NOT NULL,
  deliveries INTEGER NOT NULL,
  emails     INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, day)
) STRICT, WITHOUT ROWID;

-- A token is valid while its row is there and its time has not come. last_used_at is right to some minutes. session_id: the
-- app's name for the session of the portal that the token belongs to; NULL: none. session_by: what has opened the session,
-- a 'link' or a 'member'; NULL: it is a token of the API, and no session.
CREATE TABLE outbox_tokens (
  tenant_id   TEXT    NOT NULL,
  id          TEXT    NOT NULL,
  scopes      TEXT    NOT NULL,
  description TEXT,
  created_at  INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL,
  last_used_at INTEGER,
  session_id  TEXT,
  session_by  TEXT,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_tokens_created ON outbox_tokens (tenant_id, created_at, id);

CREATE TABLE outbox_event_types (
  tenant_id   TEXT    NOT NULL,
  name        TEXT    NOT NULL,
  description TEXT,
  schema      TEXT,
  archived_at INTEGER,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_event_types_created ON outbox_event_types (tenant_id, created_at, name);

-- Requests other than commits that came with an idempotency key, and what was answered: sealed in `answer`. While
-- `status` is NULL it is not known, and `answer` names the try that is to say so.
CREATE TABLE outbox_request_keys (
  tenant_id   TEXT    NOT NULL,
  key         TEXT    NOT NULL,
  fingerprint TEXT    NOT NULL,
  status      INTEGER,
  answer      TEXT,
  created_at  INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, key)
) STRICT, WITHOUT ROWID;

-- Administrative writes, each in the batch of its write: who (an operator by name and role, a tenant's token, or the app),
-- by which operation, from where, on what (a JSON object of ids), and how many rows of its kind that has changed.
CREATE TABLE outbox_audit (
  tenant_id  TEXT    NOT NULL,
  at         INTEGER NOT NULL,
  id         TEXT    NOT NULL,
  operation  TEXT    NOT NULL,
  caller     TEXT    NOT NULL CHECK (caller IN ('operator', 'token', 'app')),
  caller_id  TEXT,
  role       TEXT,
  subject    TEXT    NOT NULL,
  affected   INTEGER NOT NULL,
  address    TEXT,
  request_id TEXT,
  PRIMARY KEY (tenant_id, at, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_audit_at ON outbox_audit (at, id);

-- paced_to: until when the rate limit has been used up.
-- failing_since, failed_at: since when every attempt has failed, and when the last of them did.
-- window_* and held_until, holds: the breaker counts attempts since a failure, then nothing is claimed until held_until.
-- probe_until: afterwards one delivery at a time is tried; until then, nothing beside it.
-- failing_told: share of its failure budget in percent that was last told of; 0: none.
-- version: counts what a person or an answer has changed: its ETag.
-- secret: signing secret of a webhook, sealed; of a chat its URL, of which `target` has the host alone.
-- secret_headers: headers that are never shown, as a sealed JSON object, and their names.
-- sealed_by: the key under which all of its secrets are sealed; NULL: not all under one.
CREATE TABLE outbox_endpoints (
  tenant_id           TEXT    NOT NULL,
  id                  TEXT    NOT NULL,
  channel             TEXT    NOT NULL CHECK (channel IN ('webhook', 'email', 'handler')),
  target              TEXT    NOT NULL,
  event_types         TEXT,
  state               TEXT    NOT NULL CHECK (state IN ('enabled', 'paused', 'disabled', 'deleted')),
  state_reason        TEXT,
  description         TEXT,
  headers             TEXT,
  retry_schedule      TEXT,
  secret              TEXT,
  previous_secrets    TEXT,
  secret_set_at       INTEGER,
  created_at          INTEGER NOT NULL,
  updated_at          INTEGER NOT NULL,
  ordering            TEXT    NOT NULL DEFAULT 'lenient' CHECK (ordering IN ('lenient', 'strict')),
  give_up_on          TEXT,
  payload_format      TEXT    NOT NULL DEFAULT 'standard' CHECK (payload_format IN ('standard', 'raw', 'slack', 'discord', 'teams')),
  rate_limit          REAL,
  max_concurrency     INTEGER,
  paced_to            REAL,
  failing_since       INTEGER,
  failed_at           INTEGER,
  failing_told        INTEGER NOT NULL DEFAULT 0,
  window_from         INTEGER,
  window_attempts     INTEGER NOT NULL DEFAULT 0,
  window_failures     INTEGER NOT NULL DEFAULT 0,
  held_until          INTEGER,
  holds               INTEGER NOT NULL DEFAULT 0,
  probe_until         INTEGER,
  version             INTEGER NOT NULL DEFAULT 1,
  secret_headers      TEXT,
  secret_header_names TEXT,
  sealed_by           TEXT,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;

-- Targets that endpoints had before, for their attempts on record: from one version of the endpoint to another.
CREATE TABLE outbox_former_targets (
  tenant_id     TEXT    NOT NULL,
  endpoint_id   TEXT    NOT NULL,
  version       INTEGER NOT NULL,
  first_version INTEGER NOT NULL,
  target        TEXT    NOT NULL,
  PRIMARY KEY (tenant_id, endpoint_id, version)
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_endpoints_sealed ON outbox_endpoints (sealed_by) WHERE secret IS NOT NULL;
CREATE INDEX outbox_endpoints_live ON outbox_endpoints (tenant_id, created_at, id) WHERE state <> 'deleted';

-- Endpoints that fail, or were disabled for it: what wants a person. The disabled ones first. Health is written with every attempt at them, but the
-- columns of this index only when they change.
CREATE INDEX outbox_endpoints_failing ON outbox_endpoints (state, tenant_id, id, failing_since, held_until)
  WHERE state = 'enabled' AND (failing_since IS NOT NULL OR held_until IS NOT NULL)
    OR state = 'disabled' AND state_reason IN ('gone', 'failing');

-- id: the tenant's number × 2^36 + seq. seq is the tenant's own gapless sequence: its order is the order of commits.
-- payload: JSON as TEXT; or, where that is smaller, gzipped as a BLOB. payload_bytes: of the JSON, and of what is sealed beside it.
-- email_head: of an e-mail whose payload is gzipped, what lists show of it: its to and its subject, as JSON.
-- sealed: of a sensitive e-mail the whole payload, whose place `payload` takes without its content; empty once it is wiped, because its
-- delivery is settled. sealed_by: the name of its key; or, after an attempt to reseal it has failed, "!" and the time of that.
-- The first message of a commit carries its idempotency key, so that the two are purged together.
-- traceparent, tracestate: W3C trace context of the request that committed it.
CREATE TABLE outbox_messages (
  id              INTEGER NOT NULL PRIMARY KEY,
  tenant_id       TEXT    NOT NULL,
  seq             INTEGER GENERATED ALWAYS AS (id & 68719476735) VIRTUAL,
  nonce           TEXT    NOT NULL,
  event_type      TEXT    NOT NULL,
  payload         ANY     NOT NULL CHECK (typeof(payload) IN ('text', 'blob')),
  payload_bytes   INTEGER NOT NULL,
  email_head      TEXT,
  sealed          TEXT,
  sealed_by       TEXT,
  ordering_key    TEXT,
  deliver_at      INTEGER,
  endpoint_ids    TEXT,
  committed_at    INTEGER NOT NULL,
  idempotency_key TEXT,
  traceparent     TEXT,
  tracestate      TEXT
) STRICT;

CREATE INDEX outbox_messages_sealed ON outbox_messages (sealed_by) WHERE sealed_by IS NOT NULL;

-- fingerprint: of all messages of the commit; sealed if one of them is sensitive.
CREATE TABLE outbox_idempotency_keys (
  tenant_id     TEXT    NOT NULL,
  key           TEXT    NOT NULL,
  fingerprint   TEXT    NOT NULL,
  first_seq     INTEGER NOT NULL,
  message_count INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, key)
) STRICT, WITHOUT ROWID;

-- One message to one endpoint. started_at to response_headers describe the latest attempt.
-- endpoint_version: the version of its endpoint at that attempt, which tells its target then.
-- due_at: when somebody must look at it again; NULL once settled.
-- behind: 1 while an earlier delivery of its endpoint and ordering key is unsettled.
-- schedule_from: how many attempts had been made when it was last replayed; the retry schedule begins anew there.
-- starts: how often it was begun since an attempt was last recorded, as far as that was counted.
-- was_due_at: when it was due before it was claimed: its place in the line, should it be given back untried. NULL once settled.
-- was_dead: 1 when it was dead before it was replayed.
-- spared: attempts since then that used up none of the schedule; waits_since: when the first of them was made, or it was first
-- put off unsent. resends: how often it was replayed after it had been delivered.
-- batch: the e-mails of the request that it was last sent with, and whose answer is not on record, so that a repetition has the
-- same ones; empty: it is sent by itself, as such a request was refused for one of them.
-- provider_ref: a provider of e-mails and its id of the e-mail, where its events bring no id of ours.
-- blocks: 1 while the later ones of its endpoint and ordering key must wait for it: until it is settled, and while it
-- is dead on an endpoint with strict order. The CHECK refuses whoever settles a delivery and forgets it.
CREATE TABLE outbox_deliveries (
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
  was_due_at    INTEGER,
  started_at    INTEGER,
  duration_ms   INTEGER,
  http_status   INTEGER,
  error         TEXT,
  excerpt       TEXT,
  endpoint_version INTEGER,
  response_headers TEXT,
  settled_at    INTEGER,
  reason        TEXT,
  starts        INTEGER NOT NULL DEFAULT 0,
  was_dead      INTEGER NOT NULL DEFAULT 0,
  spared        INTEGER NOT NULL DEFAULT 0,
  waits_since   INTEGER,
  resends       INTEGER NOT NULL DEFAULT 0,
  batch         TEXT,
  provider_ref  TEXT,
  blocks        INTEGER NOT NULL DEFAULT 0 CHECK (blocks = 0 OR settled_at IS NULL OR state = 'dead'),
  PRIMARY KEY (tenant_id, seq, endpoint_id),
  CHECK ((due_at IS NOT NULL) = (state IN ('pending', 'leased'))),
  CHECK ((lease_token IS NOT NULL) = (state = 'leased')),
  CHECK ((settled_at IS NULL) = (due_at IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- What is to be looked at, and when. Those waiting behind their key's head are not in it,
-- so a blocked key costs the others nothing. The leased and the pending are two stretches of it: what is under way
-- is counted without reading what waits.
CREATE INDEX outbox_deliveries_due ON outbox_deliveries (tenant_id, endpoint_id, state, due_at)
  WHERE due_at IS NOT NULL AND behind = 0;

-- Those that block each key, in order. Its condition does not name due_at, which every claim moves:
-- an index whose condition names a changed column is written again.
CREATE INDEX outbox_deliveries_key ON outbox_deliveries (tenant_id, endpoint_id, ordering_key, seq) WHERE blocks = 1;

-- The dead letters: what wants a person; and those of them that hold their key back, of the tenant and of each endpoint.
CREATE INDEX outbox_deliveries_dead ON outbox_deliveries (tenant_id, seq) WHERE state = 'dead';
CREATE INDEX outbox_deliveries_dead_heads ON outbox_deliveries (tenant_id, seq) WHERE state = 'dead' AND blocks = 1;
CREATE INDEX outbox_deliveries_endpoint_dead_heads ON outbox_deliveries (tenant_id, endpoint_id, seq)
  WHERE state = 'dead' AND blocks = 1;

-- What was cancelled: seldom, and otherwise a scan.
CREATE INDEX outbox_deliveries_cancelled ON outbox_deliveries (tenant_id, seq) WHERE state = 'cancelled';

-- E-mails that are found by their provider's id alone.
CREATE INDEX outbox_deliveries_ref ON outbox_deliveries (provider_ref) WHERE provider_ref IS NOT NULL;

-- What no longer blocks its key frees the next one in the same transaction, whoever settles or releases it.
-- On one line, in capitals: whoever cuts a file into statements by rules of his own leaves it whole.
CREATE TRIGGER outbox_deliveries_free_next AFTER UPDATE OF blocks ON outbox_deliveries WHEN NEW.blocks = 0 AND OLD.blocks = 1 BEGIN UPDATE outbox_deliveries SET behind = 0, due_at = max(due_at, coalesce(NEW.settled_at, 0)) WHERE tenant_id = NEW.tenant_id AND endpoint_id = NEW.endpoint_id AND behind = 1 AND seq = (SELECT min(seq) FROM outbox_deliveries INDEXED BY outbox_deliveries_key WHERE tenant_id = NEW.tenant_id AND endpoint_id = NEW.endpoint_id AND ordering_key = NEW.ordering_key AND blocks = 1); END;

-- The content of a sensitive e-mail is wiped in the transaction that settles its delivery, whoever settles it.
CREATE TRIGGER outbox_deliveries_wipe AFTER UPDATE OF settled_at ON outbox_deliveries WHEN NEW.settled_at IS NOT NULL AND NEW.endpoint_id = 'ep_email' BEGIN UPDATE outbox_messages SET sealed = '', sealed_by = NULL WHERE id = ((SELECT number FROM outbox_tenants WHERE id = NEW.tenant_id) << 36 | NEW.seq) AND sealed_by IS NOT NULL; END;

-- Every attempt but one: a first attempt that delivers is recorded in its delivery's row alone.
CREATE TABLE outbox_attempts (
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
  endpoint_version INTEGER,
  response_headers TEXT,
  PRIMARY KEY (tenant_id, seq, endpoint_id, n)
) STRICT, WITHOUT ROWID;

-- Failures by time: a first attempt that delivers has no row, and so no entry.
CREATE INDEX outbox_attempts_at ON outbox_attempts (tenant_id, started_at);

-- What came back of an e-mail, for one of its recipients: the primary key refuses an event that comes again. The status of a
-- recipient is the gravest of its rows, whatever their order. id: provider, its id of the event, and the address.
-- The address is in lower case. at: when the provider says it was; received_at: when it came.
CREATE TABLE outbox_email_events (
  tenant_id   TEXT    NOT NULL,
  seq         INTEGER NOT NULL,
  id          TEXT    NOT NULL,
  endpoint_id TEXT    NOT NULL,
  address     TEXT    NOT NULL,
  status      TEXT    NOT NULL CHECK (status IN ('deferred', 'delivered', 'expired', 'failed', 'suppressed', 'soft_bounced', 'hard_bounced', 'complained')),
  provider    TEXT    NOT NULL,
  provider_id TEXT,
  detail      TEXT,
  at          INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, seq, id)
) STRICT, WITHOUT ROWID;

-- Events that came before it was on record which e-mail they are about, whole as JSON. ref: as provider_ref of a delivery.
CREATE TABLE outbox_email_unmatched (
  id          TEXT    NOT NULL PRIMARY KEY,
  ref         TEXT    NOT NULL,
  event       TEXT    NOT NULL,
  received_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Addresses that get no e-mails of a tenant, until an instant; NULL: for ever. One that is over stays, because a second hard
-- bounce counts. hard_seq: the first message that bounced hard.
CREATE TABLE outbox_suppressions (
  tenant_id  TEXT    NOT NULL,
  address    TEXT    NOT NULL,
  reason     TEXT    NOT NULL CHECK (reason IN ('soft_bounce', 'hard_bounce', 'complaint', 'by_request')),
  until      INTEGER,
  hard_seq   INTEGER,
  note       TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, address)
) STRICT, WITHOUT ROWID;

-- Topics of e-mails from which addresses have unsubscribed, for as long as their tenant is there. source: link: the recipient
-- did; by_request: somebody asked for it by the API.
CREATE TABLE outbox_unsubscribes (
  tenant_id  TEXT    NOT NULL,
  address    TEXT    NOT NULL,
  topic      TEXT    NOT NULL,
  source     TEXT    NOT NULL CHECK (source IN ('link', 'by_request')),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, address, topic)
) STRICT, WITHOUT ROWID;

-- Outcomes of attempts in a span of time: `step` milliseconds from `at`. Rows of an endpoint; of a tenant, with an empty
-- endpoint_id, which count committed messages alone; and of the whole deployment, with an empty tenant_id and the channel
-- as endpoint_id, and an empty one for committed messages. step 0: the sum of all that five minutes no longer have a row for.
-- redirected to other: attempts that failed, by class. l0 to l12: delivered, by time since the commit; d0 to d10: attempts
-- by duration. Their bounds are in src/db/sums.ts, and never change. hard_bounced to complained: e-mails, by what came back.
CREATE TABLE outbox_sums (
  tenant_id   TEXT    NOT NULL,
  endpoint_id TEXT    NOT NULL,
  step        INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  committed   INTEGER NOT NULL DEFAULT 0,
  delivered   INTEGER NOT NULL DEFAULT 0,
  retried     INTEGER NOT NULL DEFAULT 0,
  dead        INTEGER NOT NULL DEFAULT 0,
  redirected  INTEGER NOT NULL DEFAULT 0,
  refused     INTEGER NOT NULL DEFAULT 0,
  throttled   INTEGER NOT NULL DEFAULT 0,
  failed      INTEGER NOT NULL DEFAULT 0,
  timed_out   INTEGER NOT NULL DEFAULT 0,
  unreached   INTEGER NOT NULL DEFAULT 0,
  other       INTEGER NOT NULL DEFAULT 0,
  hard_bounced INTEGER NOT NULL DEFAULT 0,
  soft_bounced INTEGER NOT NULL DEFAULT 0,
  complained  INTEGER NOT NULL DEFAULT 0,
  l0          INTEGER NOT NULL DEFAULT 0,
  l1          INTEGER NOT NULL DEFAULT 0,
  l2          INTEGER NOT NULL DEFAULT 0,
  l3          INTEGER NOT NULL DEFAULT 0,
  l4          INTEGER NOT NULL DEFAULT 0,
  l5          INTEGER NOT NULL DEFAULT 0,
  l6          INTEGER NOT NULL DEFAULT 0,
  l7          INTEGER NOT NULL DEFAULT 0,
  l8          INTEGER NOT NULL DEFAULT 0,
  l9          INTEGER NOT NULL DEFAULT 0,
  l10         INTEGER NOT NULL DEFAULT 0,
  l11         INTEGER NOT NULL DEFAULT 0,
  l12         INTEGER NOT NULL DEFAULT 0,
  d0          INTEGER NOT NULL DEFAULT 0,
  d1          INTEGER NOT NULL DEFAULT 0,
  d2          INTEGER NOT NULL DEFAULT 0,
  d3          INTEGER NOT NULL DEFAULT 0,
  d4          INTEGER NOT NULL DEFAULT 0,
  d5          INTEGER NOT NULL DEFAULT 0,
  d6          INTEGER NOT NULL DEFAULT 0,
  d7          INTEGER NOT NULL DEFAULT 0,
  d8          INTEGER NOT NULL DEFAULT 0,
  d9          INTEGER NOT NULL DEFAULT 0,
  d10         INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, endpoint_id, step, at)
) STRICT, WITHOUT ROWID;

-- The key by which message ids are made, so that none tells its sequence number: in the one row of the table, drawn here
-- once and for all. With another key no id that was given out is found any more.
CREATE TABLE outbox_id_key (
  id  INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  key TEXT    NOT NULL
) STRICT;

INSERT INTO outbox_id_key (id, key) VALUES (1, lower(hex(randomblob(16))));

-- What the cron has found the last time it ran, in the one row of the table: what GET /health answers.
-- repair_after: how far the search for keys that stick has come, as JSON. jobs: when each job of the cron last ended well,
-- as JSON. sums_from, sums_after: when the latest round of summing up began, and the number of the tenant after which it
-- goes on; NULL: it is complete. summed_at: when the latest complete round began. filling_told_at, filling_told: when the filling of the database was last told of, and its level.
-- late_tenants: the latest tenants, as JSON.
CREATE TABLE outbox_sweep (
  id             INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  swept_at       INTEGER NOT NULL,
  overdue        INTEGER NOT NULL DEFAULT 0,
  oldest_due_at  INTEGER,
  database_bytes INTEGER NOT NULL DEFAULT 0,
  sound          INTEGER NOT NULL DEFAULT 1,
  repair_after   TEXT,
  jobs           TEXT,
  sums_from      INTEGER NOT NULL DEFAULT 0,
  sums_after     INTEGER,
  summed_at      INTEGER NOT NULL DEFAULT 0,
  filling_told_at INTEGER,
  filling_told   TEXT,
  late_tenants   TEXT
) STRICT;

INSERT INTO outbox_sweep (id, swept_at) VALUES (1, unixepoch() * 1000);
