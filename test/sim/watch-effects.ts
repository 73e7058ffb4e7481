import type { SimWorld } from "./sim-world.ts";

/** What is on its way when an earlier delivery is replayed cannot be called back: from the last look at D1 on. */
const ON_ITS_WAY_MS = 400;

/**
 * The app's tables that handlers write to. `app_ledger` says in which order effects were applied, and by which call;
 * `app_overtaken` which of them were while an earlier delivery of their key was not settled, or blocked it.
 */
export function watchEffects(world: SimWorld): void {
  const { sqlite } = world.d1;
  sqlite.function("begun_before_replay", (call) => {
    const begunAt = world.handlers?.calls[Number(String(call).slice("call".length))]?.at ?? 0;
    return Number((world.replayedAt ?? 0) > begunAt - ON_ITS_WAY_MS);
  });
  sqlite.exec(`
    CREATE TABLE app_effects (
      message TEXT NOT NULL, handler TEXT NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (message, handler)) STRICT;
    CREATE TABLE app_ledger (
      id INTEGER PRIMARY KEY, tenant_id TEXT NOT NULL, message TEXT NOT NULL, seq INTEGER NOT NULL, handler TEXT NOT NULL,
      call TEXT NOT NULL, attempt INTEGER NOT NULL, messages INTEGER NOT NULL, steps TEXT NOT NULL) STRICT;
    CREATE TABLE app_overtaken (call TEXT NOT NULL, seq INTEGER NOT NULL, earlier INTEGER NOT NULL) STRICT;

    CREATE TRIGGER watch_ledger AFTER INSERT ON app_ledger BEGIN
      INSERT INTO app_overtaken
      SELECT NEW.call, d.seq, earlier.seq FROM outbox_deliveries d
        JOIN outbox_deliveries earlier USING (tenant_id, endpoint_id, ordering_key)
      WHERE d.tenant_id = NEW.tenant_id AND d.seq = NEW.seq AND d.endpoint_id = 'ep_handler_' || NEW.handler
        AND earlier.seq < d.seq AND (earlier.settled_at IS NULL OR earlier.blocks = 1)
        AND NOT begun_before_replay(NEW.call);
    END;`);
}
