import { handlerEndpointId } from "../../src/domain/handlers.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../../src/domain/ids.ts";
import { SYSTEM_EVENTS } from "../../src/domain/system-events.ts";
import { OWN_WORDS } from "../support/faults/d1-words.ts";
import { inspecting, inspectingMessage } from "./inspect.ts";
import type { Played } from "./play.ts";
import { SimEndpoint } from "./sim-endpoint.ts";
import { HANDLERS } from "./sim-handlers.ts";
import type { SimWorld } from "./sim-world.ts";

/** The app's own tables. One of them refuses whatever is inserted, in words of D1. */
export function createAppTables({ d1 }: SimWorld) {
  d1.sqlite.exec("CREATE TABLE app_orders (tag TEXT NOT NULL) STRICT");
  d1.sqlite.exec("CREATE TABLE app_refusals (n INTEGER NOT NULL) STRICT");
  for (const [n, words] of OWN_WORDS.entries()) {
    d1.sqlite.exec(`CREATE TRIGGER app_refuse_${n} BEFORE INSERT ON app_refusals WHEN NEW.n = ${n}
      BEGIN SELECT RAISE(ABORT, '${words}'); END`);
  }
}

/** A tenant with its endpoints. */
export function settleIn(played: Played, tenantId: string) {
  const { world } = played;
  const { d1, random } = world;
  d1.query("INSERT INTO outbox_tenants (id, state, created_at) VALUES (?, 'active', 0)", tenantId);
  for (let n = 1 + random.below(3); n > 0; n--) {
    const id = `ep_${tenantId}_${n}`;
    const types = random.chance(0.3) ? '["a"]' : null;
    const ordering = random.chance(0.25) ? "strict" : "lenient";
    if (ordering === "strict") world.strict.add(id);
    d1.query(
      `INSERT INTO outbox_endpoints (tenant_id, id, channel, target, event_types, ordering, state, created_at, updated_at)
       VALUES (?, ?, ?, 'x', ?, ?, 'enabled', 0, 0)`,
      tenantId,
      id,
      random.chance(0.8) ? "webhook" : "email",
      types,
      ordering,
    );
    world.endpoints.push(new SimEndpoint(world, tenantId, id, inspecting(played)));
  }
  if (world.maxConcurrency !== undefined) spare(world, tenantId, world.maxConcurrency);
  if (random.chance(0.3)) limitRates(world, tenantId);
  if (random.chance(0.3)) addListener(played, tenantId);
  addHandlers(played, tenantId);
  if (world.mail) addMail(played, tenantId);
}

/** The endpoint of direct e-mails, which goes through the account of all. */
function addMail(played: Played, tenantId: string) {
  const { world } = played;
  world.d1.query(
    `INSERT INTO outbox_endpoints (tenant_id, id, channel, target, event_types, state, created_at, updated_at)
     VALUES (?, '${DIRECT_EMAIL_ENDPOINT}', 'email', '', '[]', 'enabled', 0, 0)`,
    tenantId,
  );
  const endpoint = new SimEndpoint(world, tenantId, DIRECT_EMAIL_ENDPOINT, inspectingMessage(played));
  // Nobody disables it where nothing is wrong: each e-mail is expected at once.
  endpoint.reliable = world.faults.kinds.length === 0;
  world.endpoints.push(endpoint);
}

function addHandlers(played: Played, tenantId: string) {
  const { world } = played;
  if (!world.handlers) return;
  for (const name of HANDLERS) {
    world.endpoints.push(new SimEndpoint(world, tenantId, handlerEndpointId(name), inspecting(played)));
  }
}

function spare({ d1, endpoints }: SimWorld, tenantId: string, maxConcurrency: number) {
  d1.query("UPDATE outbox_endpoints SET max_concurrency = ? WHERE tenant_id = ?", maxConcurrency, tenantId);
  for (const endpoint of endpoints)
    if (endpoint.tenantId === tenantId) endpoint.maxConcurrency = maxConcurrency;
}

function limitRates({ d1, random }: SimWorld, tenantId: string) {
  const rate = random.between(0.5, 5);
  d1.query("UPDATE outbox_endpoints SET rate_limit = ? WHERE tenant_id = ?", rate, tenantId);
}

/** The tenant that hears the system events of all, if there is one. */
export function settleWatcherIn(played: Played) {
  const { d1, systemEventsTenant } = played.world;
  if (systemEventsTenant === undefined) return;
  d1.query("INSERT INTO outbox_tenants (id, state, created_at) VALUES (?, 'active', 0)", systemEventsTenant);
  addListener(played, systemEventsTenant);
  addHandlers(played, systemEventsTenant);
}

/** An endpoint that hears the system events, and never fails. */
function addListener(played: Played, tenantId: string) {
  const { world } = played;
  const id = `ep_${tenantId}_listener`;
  world.d1.query(
    `INSERT INTO outbox_endpoints (tenant_id, id, channel, target, event_types, state, created_at, updated_at)
     VALUES (?, ?, 'webhook', 'x', ?, 'enabled', 0, 0)`,
    tenantId,
    id,
    JSON.stringify(SYSTEM_EVENTS),
  );
  const listener = new SimEndpoint(world, tenantId, id, inspecting(played));
  listener.reliable = true;
  world.endpoints.push(listener);
}
