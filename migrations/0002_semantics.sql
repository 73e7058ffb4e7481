-- Strict order, breakers, rate limits, poison and purge. docs/storage.md describes the tables as they are now.

-- When the tenant's old messages are looked at next, after which sequence number, and how many have been removed.
ALTER TABLE tenants ADD COLUMN purge_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tenants ADD COLUMN purge_after INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tenants ADD COLUMN purged INTEGER NOT NULL DEFAULT 0;
CREATE INDEX tenants_purge ON tenants (purge_at);

ALTER TABLE endpoints ADD COLUMN ordering TEXT NOT NULL DEFAULT 'lenient' CHECK (ordering IN ('lenient', 'strict'));
ALTER TABLE endpoints ADD COLUMN give_up_on TEXT;
ALTER TABLE endpoints ADD COLUMN rate_limit REAL;
-- Until when the rate limit has been used up.
ALTER TABLE endpoints ADD COLUMN paced_to REAL;
-- Since when every attempt has failed, and when the last of them did.
ALTER TABLE endpoints ADD COLUMN failing_since INTEGER;
ALTER TABLE endpoints ADD COLUMN failed_at INTEGER;
-- The breaker: attempts counted since a failure, then until when nothing is claimed, and how often that was prolonged.
ALTER TABLE endpoints ADD COLUMN window_from INTEGER;
ALTER TABLE endpoints ADD COLUMN window_attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE endpoints ADD COLUMN window_failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE endpoints ADD COLUMN held_until INTEGER;
ALTER TABLE endpoints ADD COLUMN holds INTEGER NOT NULL DEFAULT 0;
-- Afterwards one delivery at a time is tried: until then, nothing beside it.
ALTER TABLE endpoints ADD COLUMN probe_until INTEGER;

-- The first message of a commit carries its key, so that the two are purged together.
ALTER TABLE messages ADD COLUMN idempotency_key TEXT;
UPDATE messages SET idempotency_key = k.key FROM idempotency_keys k
WHERE messages.tenant_id = k.tenant_id AND messages.seq = k.first_seq;

-- starts: attempts begun since one was last recorded, counted once a delivery is suspected of killing its consumer.
ALTER TABLE deliveries ADD COLUMN starts INTEGER NOT NULL DEFAULT 0;
-- was_dead: 1 when it was dead before it was replayed.
ALTER TABLE deliveries ADD COLUMN was_dead INTEGER NOT NULL DEFAULT 0;
-- blocks: 1 while the later ones of its endpoint and ordering key must wait for it: until it is settled, and
-- while it is dead on an endpoint with strict order.
-- The CHECK refuses whoever settles a delivery and forgets it: a Worker of the version before, for instance.
ALTER TABLE deliveries ADD COLUMN blocks INTEGER NOT NULL DEFAULT 0
  CHECK (blocks = 0 OR settled_at IS NULL OR state = 'dead');
UPDATE deliveries SET blocks = 1 WHERE ordering_key IS NOT NULL AND settled_at IS NULL;

DROP TRIGGER deliveries_free_next;
DROP INDEX deliveries_key;

-- Those that block each key, in order.
CREATE INDEX deliveries_key ON deliveries (tenant_id, endpoint_id, ordering_key, seq) WHERE blocks = 1;

-- The dead ones that hold their key back: what an endpoint with strict order waits for.
CREATE INDEX deliveries_dead_heads ON deliveries (tenant_id, seq) WHERE state = 'dead' AND blocks = 1;

-- What no longer blocks its key frees the next one in the same transaction, whoever settles or releases it.
CREATE TRIGGER deliveries_free_next AFTER UPDATE OF blocks ON deliveries
WHEN NEW.blocks = 0 AND OLD.blocks = 1
BEGIN
  UPDATE deliveries SET behind = 0
  WHERE tenant_id = NEW.tenant_id AND endpoint_id = NEW.endpoint_id AND behind = 1
    AND seq = (
      SELECT min(seq) FROM deliveries INDEXED BY deliveries_key
      WHERE tenant_id = NEW.tenant_id AND endpoint_id = NEW.endpoint_id
        AND ordering_key = NEW.ordering_key AND blocks = 1
    );
END;
