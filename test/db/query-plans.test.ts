import { env } from "cloudflare:workers";
import type { SQL } from "drizzle-orm";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";
import { describe, expect, test } from "vitest";
import type { Database, Statement } from "../../src/db/database.ts";
import { WELL } from "../../src/delivery/health.ts";
import * as health from "../../src/delivery/health-statements.ts";
import * as delivery from "../../src/delivery/statements.ts";
import { recordSuppressed, selectSuppressed } from "../../src/delivery/suppressed-statements.ts";
import * as emailEvents from "../../src/email-events/statements.ts";
import * as settled from "../../src/interventions/settled-statements.ts";
import * as interventions from "../../src/interventions/statements.ts";
import * as metrics from "../../src/metrics/statements.ts";
import type { Guard } from "../../src/outbox/announcement.ts";
import * as announcements from "../../src/outbox/announcement-statements.ts";
import { chargeUsage } from "../../src/outbox/charge-usage.ts";
import * as fanOut from "../../src/outbox/fan-out-statements.ts";
import * as outbox from "../../src/outbox/statements.ts";
import { type EndpointPageRequest, selectPage } from "../../src/registry/endpoints.ts";
import { selectTenantPage } from "../../src/registry/list-statements.ts";
import * as relay from "../../src/relay/statements.ts";
import { Windows } from "../../src/relay/windows.ts";
import { selectAuditPage } from "../../src/trace/audit-statements.ts";
import * as deadLettersOfAll from "../../src/trace/deployment/dead-letter-statements.ts";
import { selectFailing } from "../../src/trace/deployment/failing-endpoints.ts";
import * as overview from "../../src/trace/deployment/overview-statements.ts";
import { selectDeploymentSums } from "../../src/trace/deployment/series-statements.ts";
import { selectTroubles } from "../../src/trace/deployment/trouble-statements.ts";
import { selectHealth } from "../../src/trace/endpoint-health-statements.ts";
import * as failures from "../../src/trace/failure-statements.ts";
import {
  selectHealthSummaries,
  selectSumsByEndpoint,
  selectUnsummedByEndpoint,
} from "../../src/trace/health-summary-statements.ts";
import * as lists from "../../src/trace/list-statements.ts";
import { selectEmailEvents } from "../../src/trace/recipients.ts";
import * as search from "../../src/trace/search/search-statements.ts";
import * as series from "../../src/trace/series-statements.ts";
import * as trace from "../../src/trace/statements.ts";
import * as stats from "../../src/trace/stats-statements.ts";
import { countVolumes } from "../../src/trace/volume-statements.ts";
import * as unsubscribes from "../../src/unsubscribe/statements.ts";
import { selectEmailsToReseal } from "../../src/upkeep/reseal-email-statements.ts";
import * as upkeep from "../../src/upkeep/statements.ts";
import * as warnings from "../../src/upkeep/warning-statements.ts";

const link = { tenantId: "t", topic: "newsletter", address: "ada@example.com" };
const task = { v: 1 as const, tenantId: "t", endpointId: "ep", leaseToken: "x", seqs: [1] };
const claim = {
  tenantId: "t",
  endpointId: "ep",
  leaseToken: "x",
  now: 1,
  leaseMs: 1,
  limit: 5,
  latestFirst: false,
};

const admission = { tenantId: "t", now: 1, tokenId: "tok_1", typesVersion: 1 };
const draft = {
  path: "messages[0]",
  payloadPath: "messages[0].payload",
  nonce: "n",
  eventType: "a",
  payload: "1",
  orderingKey: null,
  deliverAt: null,
  endpointIds: null,
  sender: "shop@acme.example",
};

const cursor = { id: "t", purge_after: 1, purged: 0 };
const cutoffs = { settledBefore: 1, deadBefore: 1 };
const purgeStep = { cursor, cutoffs, messages: 5, last: 6 };

const sealed = {
  tenant_id: "t",
  id: "ep",
  secret: "s",
  previous_secrets: null,
  secret_headers: null,
  sealed_by: null,
};

const sumsWanted = { tenantId: "t", endpointId: undefined, since: 1, until: 9, step: 3_600_000 };
const summedEndpoints = { tenantId: "t", ids: ["ep"], since: 1, until: 9 };
const message = { seq: 1, nonce: "x" };
const one = { tenantId: "t", ref: message, endpointId: "ep" };
const range = { firstSeq: 1, endSeq: 9 };
const deadLetters: settled.SettledFilter = {
  states: ["dead"],
  endpointId: "ep",
  deliveries: null,
  since: 1,
  until: null,
  eventTypes: null,
  channel: null,
  result: { error: "timeout", httpStatus: null },
  asOf: 1,
  ofUnsendableToo: false,
};
const named = [{ ...message, messageId: "msg_1", endpointId: "ep" }];

const lease = { token: "x", ms: 60_000, channels: ["webhook"] } as const;
const inserted = { tenantId: "t", count: 1, lease };
const gone = { kind: "gone", leaseToken: "x", seqs: [1], target: "u" } as const;
const failing = { kind: "failing", health: WELL } as const;
const insertAnnouncements = (db: Database, guard: Guard) =>
  announcements.insertAnnouncements(db, [], { guard, endpoint: task, now: 1 });

/** The statements that run for every message, by the function that builds them. */
const HOT: Record<string, (db: Database) => Statement> = {
  insertIdempotencyKey: (db) =>
    outbox.insertIdempotencyKey(db, admission, { key: "k", fingerprint: "f", messageCount: 1 }),
  insertMessage: (db) =>
    outbox.insertMessage(db, admission, draft, { idempotencyKey: null, traceparent: null, tracestate: null }),
  selectAdmission: (db) => outbox.selectAdmission(db, admission),
  chargeUsage: (db) => chargeUsage(db, "t", 1, 2),
  selectSchemas: (db) => outbox.selectSchemas(db, "t", ["a"]),
  fanOutByEventType: (db) => fanOut.fanOutByEventType(db, inserted),
  fanOutToTargets: (db) => fanOut.fanOutToTargets(db, inserted),
  fanOutToHandlers: (db) =>
    fanOut.fanOutToHandlers(db, inserted, [{ eventType: "a", endpointId: "ep_handler_x" }]),
  selectLeasedAtCommit: (db) => outbox.selectLeasedAtCommit(db, "t", { firstSeq: 1, count: 2, token: "x" }),
  selectSchedule: (db) => relay.selectSchedule(db, "t", { now: 1, countedTo: new Windows().countedTo }),
  claimDue: (db) => relay.claimDue(db, claim),
  moveBehind: (db) => relay.moveBehind(db, "t", "ep", { now: 1, limit: 5 }),
  shortenLeases: (db) =>
    relay.shortenLeases(db, "t", { leaseToken: "x", refs: [{ endpointId: "ep", seq: 1 }] }, 5),
  cancelForDeleted: (db) => relay.cancelForDeleted(db, "t", "ep", { now: 1, limit: 5 }),
  selectLeased: (db) => delivery.selectLeased(db, task, 1),
  insertAttempts: (db) => delivery.insertAttempts(db, task, []),
  settleLeased: (db) => delivery.settleLeased(db, task, []),
  disableGone: (db) => health.disableEndpoint(db, task, gone, 1),
  disableFailing: (db) => health.disableEndpoint(db, task, failing, 1),
  selectEndpointHealth: (db) => health.selectEndpointHealth(db, task, 1),
  countStart: (db) => delivery.countStart(db, task, { seq: 1, starts: 2 }),
  countStarts: (db) => delivery.countStarts(db, task, 1),
  announceLeased: (db) => insertAnnouncements(db, { kind: "leased", leaseToken: "x" }),
  announceGone: (db) => insertAnnouncements(db, gone),
  announceFailing: (db) => insertAnnouncements(db, failing),
  announceHealth: (db) => insertAnnouncements(db, { kind: "health", health: WELL }),
  announceLate: (db) => insertAnnouncements(db, { kind: "told", of: "late" }),
  announceFilling: (db) => insertAnnouncements(db, { kind: "told", of: "filling" }),
  announceFresh: (db) => insertAnnouncements(db, { kind: "fresh" }),
  selectEndpoint: (db) => delivery.selectEndpoint(db, task),
  selectSuppressed: (db) => selectSuppressed(db, "t", ["ada@example.com"], 1),
  recordSuppressed: (db) => recordSuppressed(db, task, [], 1),
  selectByTags: (db) => emailEvents.selectByTags(db, []),
  selectByRefs: (db) => emailEvents.selectByRefs(db, []),
  suppress: (db) => emailEvents.suppress(db, [], 1),
  selectLinked: (db) => unsubscribes.selectLinked(db, link),
  unsubscribe: (db) => unsubscribes.unsubscribe(db, link, 1),
  resubscribe: (db) => unsubscribes.resubscribe(db, link),
  insertEvents: (db) => emailEvents.insertEvents(db, [], 1),
  dropUnmatched: (db) => emailEvents.dropUnmatched(db, ["e1"]),
  selectEmailEvents: (db) => selectEmailEvents(db, "t", 1),
  fanOutAnnouncements: (db) => announcements.fanOutAnnouncements(db, []),
  cancelMessage: (db) => interventions.cancelMessage(db, "t", message, 1),
  cancelDelivery: (db) => interventions.cancelDelivery(db, one, 1),
  replayDeadLetters: (db) => settled.replayMatching(db, "t", { range, filter: deadLetters, now: 1 }),
  dismissDeadLetters: (db) => settled.dismissMatching(db, "t", { firstSeq: 1, endSeq: 9 }, deadLetters),
  dismissOne: (db) =>
    settled.dismissMatching(db, "t", { firstSeq: 1, endSeq: 9 }, { ...deadLetters, deliveries: named }),
  retryDelivery: (db) => interventions.retryDelivery(db, one, 1),
  retryWaiting: (db) => interventions.retryWaiting(db, "t", "ep", 1),
  endHold: (db) => interventions.endHold(db, { tenantId: "t", endpointId: "ep" }, 1),
  replayOne: (db) =>
    settled.replayMatching(db, "t", {
      range,
      filter: { ...deadLetters, deliveries: named, states: ["delivered"] },
      now: 1,
    }),
  skipDelivery: (db) => interventions.skipDelivery(db, "t", message, "ep"),
  countDeadHeads: (db) => interventions.countDeadHeads(db, "t", "ep", null),
  skipDeadHeads: (db) => interventions.skipDeadHeads(db, "t", "ep", "k"),
  releaseDeadHeads: (db) => relay.releaseDeadHeads(db, "t", "ep", 5),
  chargePace: (db) => relay.chargePace(db, claim, { rateLimit: 1, usableFrom: 1 }),
  markProbe: (db) => relay.markProbe(db, claim, 1),
  selectBlockedKeys: (db) => lists.selectBlockedKeys(db, "t", { limit: 5 }),
  selectOverdueTenants: (db) => upkeep.selectOverdueTenants(db, 1, 5),
  selectLateToTell: (db) => warnings.selectLateToTell(db, ["t"], "ops", 1),
  selectDeadToTell: (db) => warnings.selectDeadToTell(db, "ops", 1),
  markLateTold: (db) => warnings.markTold(db, "late", [], 1),
  selectFillingToTell: (db) => warnings.selectFillingToTell(db, "ops"),
  selectPurgeDue: (db) => upkeep.selectPurgeDue(db, 1, 5),
  selectPurgeRange: (db) => upkeep.selectPurgeRange(db, cursor, cutoffs),
  purgeIdempotencyKeys: (db) => upkeep.purgeIdempotencyKeys(db, purgeStep),
  purgeMessages: (db) => upkeep.purgeMessages(db, purgeStep),
  purgeDeliveries: (db) => upkeep.purgeRest(db, "outbox_deliveries", purgeStep),
  purgeAttempts: (db) => upkeep.purgeRest(db, "outbox_attempts", purgeStep),
  purgeEmailEvents: (db) => upkeep.purgeRest(db, "outbox_email_events", purgeStep),
  purgeSuppressions: (db) => upkeep.purgeSuppressions(db, "t", 1),
  movePurgeOn: (db) => upkeep.movePurgeOn(db, purgeStep, 1),
  purgeUsage: (db) => upkeep.purgeUsage(db, "t", 1),
  purgeExpiredTokens: (db) => upkeep.purgeExpiredTokens(db, "t", 1),
  purgeRequestKeys: (db) => upkeep.purgeRequestKeys(db, "t", 1),
  purgeAudit: (db) => upkeep.purgeAudit(db, 1),
  restartPurge: (db) => upkeep.restartPurge(db, cursor, 1, 1),
  writeResealed: (db) => upkeep.writeResealed(db, sealed, sealed),
};

const span = { since: 1, until: 9 };
const page = { limit: 5, ...span };

/** What is looked through in the order of an index, and stops when the page is full. */
const LISTS: Record<string, (db: Database) => Statement> = {
  messages: (db) =>
    lists.selectMessagePage(db, "t", { ...page, eventType: "a", orderingKey: "k", endpointId: "ep" }),
  deliveries: (db) => lists.selectDeliveryPage(db, "t", { ...page, endpointId: "ep", channel: "email" }),
  "delivered ones": (db) => lists.selectDeliveryPage(db, "t", { ...page, state: "delivered" }),
  "dead ones": (db) =>
    lists.selectDeliveryPage(db, "t", { ...page, state: "dead", eventType: "a", error: "e" }),
  "cancelled ones": (db) => lists.selectDeliveryPage(db, "t", { ...page, state: "cancelled" }),
  "blocked keys": (db) => lists.selectBlockedKeys(db, "t", { limit: 5, endpointId: "ep" }),
  "deliveries of a key": (db) => lists.selectOfKey(db, "t", { limit: 5, endpointId: "ep", orderingKey: "k" }),
  tenants: (db) => selectTenantPage(db, { limit: 5, state: "paused" }),
  "a tenant's audit": (db) => selectAuditPage(db, { ...page, tenantId: "t", operation: "a", callerId: "b" }),
  failures: (db) =>
    failures.selectFailurePage(db, "t", { ...page, endpointId: "ep", error: "timeout", httpStatus: 500 }),
  "everybody's dead letters": (db) => deadLettersOfAll.selectDeadLetters(db, { limit: 5 }),
  "everybody's audit": (db) =>
    selectAuditPage(db, { ...page, tenantId: null, operation: "a", caller: "app" }),
};

/** What is counted, or put in order, as far as a limit. */
const BOUNDED: Record<string, (db: Database) => Statement> = {
  selectUnsettledPage: (db) => lists.selectUnsettledPage(db, "t", { ...page, state: "pending" }),
  "selectUnsettledPage, of an endpoint": (db) =>
    lists.selectUnsettledPage(db, "t", { ...page, state: "leased", endpointId: "ep" }),
  "e-mails by recipient and status": (db) =>
    lists.selectDeliveryPage(db, "t", { ...page, to: "ada@example.com", status: "bounced" }, true),
  "unsettled e-mails by recipient and status": (db) =>
    lists.selectUnsettledPage(
      db,
      "t",
      { ...page, state: "pending", to: "a@b.example", status: "queued" },
      true,
    ),
  selectDelivery: (db) => trace.selectDelivery(db, one),
  selectAttemptsOf: (db) => trace.selectAttemptsOf(db, one, { before: 5, limit: 5 }),
  selectSequence: (db) => stats.selectSequence(db, "t", span),
  countStates: (db) => stats.countStates(db, "t", span, 9),
  selectFailureGroups: (db) => failures.selectFailureGroups(db, "t", { span, counted: span }, "ep"),
  selectUsage: (db) => stats.selectUsage(db, "t", 1),
  selectSums: (db) => series.selectSums(db, sumsWanted),
  selectDeploymentSums: (db) => selectDeploymentSums(db, [[1, 2]], 3_600_000),
  "selectSums, of an endpoint": (db) => series.selectSums(db, { ...sumsWanted, endpointId: "ep" }),
  selectUnsummed: (db) => series.selectUnsummed(db, sumsWanted, 1),
  countVolumes: (db) => countVolumes(db, "t", 1),
  selectMoreUnsummed: (db) => series.selectMoreUnsummed(db, "t", 1),
  selectHealth: (db) => selectHealth(db, "t", "ep", 1),
  selectHealthSummaries: (db) => selectHealthSummaries(db, "t", ["ep"]),
  selectSumsByEndpoint: (db) => selectSumsByEndpoint(db, summedEndpoints),
  selectUnsummedByEndpoint: (db) => selectUnsummedByEndpoint(db, summedEndpoints),
  countDue: (db) => stats.countDue(db, "t", 9, 1),
  countBehind: (db) => stats.countBehind(db, "t", 9),
  countDead: (db) => stats.countDead(db, "t", 9),
  countBlockedKeys: (db) => stats.countBlockedKeys(db, "t", 9),
  selectEndpointStates: (db) => stats.selectEndpointStates(db, "t", 1),
  selectGroupsOfAll: (db) => deadLettersOfAll.selectGroupsOfAll(db, undefined),
  selectLastGrouped: (db) => deadLettersOfAll.selectLastGrouped(db, undefined),
  selectFailing: (db) => selectFailing(db, { limit: 5 }),
  selectTroubles: (db) => selectTroubles(db, []),
  countTroubled: (db) => overview.countTroubled(db, []),
  "countDead, of all tenants": (db) => overview.countDead(db),
  countFailing: (db) => overview.countFailing(db),
  countTenants: (db) => overview.countTenants(db),
  selectMessageWithRef: (db) => search.selectMessageWithRef(db, ALL, message),
  selectEndpointsWithId: (db) => search.selectEndpointsWithId(db, ALL, "ep"),
  selectTokensWithId: (db) => search.selectTokensWithId(db, ALL, "tok"),
  selectWord: (db) => search.selectWord(db, ALL, "a", false),
  "selectWord, of a tenant": (db) => search.selectWord(db, { ...ALL, tenantId: "t" }, "a", true),
  selectKeyedDeliveries: (db) => search.selectKeyedDeliveries(db, undefined, "k"),
  "selectKeyedDeliveries, of a tenant": (db) => search.selectKeyedDeliveries(db, "t", "k"),
  selectLooked: (db) => search.selectLooked(db, "t", 5),
  selectMessagesWithKey: (db) => search.selectMessagesWithKey(db, "t", 5, "k"),
  selectSizes: (db) => search.selectSizes(db, "t", 5),
  selectPayloadsWith: (db) => search.selectPayloadsWith(db, "t", { first: 1, last: 5 }, "a"),
  selectRecent: (db) => metrics.selectRecent(db, "t", 1),
  selectFound: (db) => metrics.selectFound(db),
};

const ALL = { tenantId: undefined, afterNumber: 1 };
const everyMessage = { firstSeq: 1, endSeq: 9 };
/** What is counted for the audit, in the batch of an intervention. */
const COUNTED: Record<string, SQL> = {
  "a message's deliveries": interventions.countUnsettled("t", message),
  "a delivery": interventions.countUnsettled("t", message, "ep"),
  "a delivery that is skipped": interventions.countSkippedOne("t", message, "ep"),
  "an endpoint's skipped": interventions.countSkipped("t", "ep", null),
  "a delivery that is retried": interventions.countRetriedOne("t", message, "ep", 1),
  "an endpoint's retried": interventions.countRetried("t", "ep", 1),
  "dead letters": settled.countAffected("t", everyMessage, deadLetters),
  "dead letters that are named": settled.countAffected("t", everyMessage, {
    ...deadLetters,
    deliveries: named,
  }),
};

const explaining: Database = {
  prepare: (query) => env.DB.prepare(`EXPLAIN QUERY PLAN ${query}`),
  batch: env.DB.batch.bind(env.DB),
};

/** Reading all of a tenant's deliveries, or all of everybody's. */
const SCAN =
  /^(SCAN (outbox_)?(endpoints|tenants|tokens|t|event_types|audit|noted|request_keys|old|idempotency_keys|attempts|deliveries|d|earlier|next|w|messages|m|email_events|x|kept|suppressions|s)\b|SEARCH (outbox_)?(deliveries|d|earlier|next|w) USING PRIMARY KEY \(tenant_id=\?( AND seq[<>]\?)?\))/;

describe("no hot statement reads a backlog through", () => {
  test.each(Object.entries(HOT))("%s", async (_, build) => {
    const { results } = await build(explaining).all<{ detail: string }>();
    expect(results.map(({ detail }) => detail).filter((detail) => SCAN.test(detail))).toEqual([]);
  });

  test.each(Object.entries(COUNTED))("counted for the audit: %s", async (_, counted) => {
    const { sql, params } = new SQLiteAsyncDialect().sqlToQuery(counted);
    const { results } = await explaining
      .prepare(sql)
      .bind(...params)
      .all<{ detail: string }>();
    expect(results.length).toBeGreaterThan(0);
    expect(results.map(({ detail }) => detail).filter((detail) => SCAN.test(detail))).toEqual([]);
  });

  test.each<[string, Omit<EndpointPageRequest, "limit">]>([
    ["the first page", { after: undefined }],
    ["a later page", { after: { createdAt: 1, id: "ep" } }],
    ["of one state", { after: undefined, state: "paused" }],
    ["of the built-in ones", { after: undefined, builtIn: true }],
    ["of one state and channel", { after: { createdAt: 1, id: "ep" }, state: "enabled", channel: "webhook" }],
  ])("a list of endpoints, %s: reads those that are not deleted, in their order", async (_, page) => {
    const { sql, params } = selectPage(env.DB, "t", { limit: 5, ...page }).toSQL();
    const { results } = await explaining
      .prepare(sql)
      .bind(...params)
      .all<{ detail: string }>();
    const reads = results.map(({ detail }) => detail).filter((detail) => /outbox_/.test(detail));
    expect(reads).toEqual([
      expect.stringMatching(/^SEARCH outbox_endpoints USING INDEX outbox_endpoints_live \(tenant_id=\?/),
    ]);
  });

  test("the search for secrets under another key reads stretches of its index", async () => {
    const { results } = await upkeep.selectToReseal(explaining, "k1", "!x", 5).all<{ detail: string }>();
    const reads = results.map(({ detail }) => detail).filter((detail) => /endpoints/.test(detail));
    expect(reads).toEqual(
      ["=?", ">? AND sealed_by<?", ">? AND sealed_by<?", ">?"].map(
        (bounds) => `SEARCH outbox_endpoints USING INDEX outbox_endpoints_sealed (sealed_by${bounds})`,
      ),
    );
  });

  test("and so does that for sensitive e-mails under another key", async () => {
    const { results } = await selectEmailsToReseal(explaining, "k1", "!x").all<{ detail: string }>();
    const reads = results.map(({ detail }) => detail).filter((detail) => /messages/.test(detail));
    expect(reads).toEqual(
      [">? AND sealed_by<?", ">? AND sealed_by<?", ">?"].map(
        (bounds) => `SEARCH outbox_messages USING INDEX outbox_messages_sealed (sealed_by${bounds})`,
      ),
    );
  });

  test.each([
    ["frees the next of a key", "outbox_deliveries_free_next"],
    ["wipes a sensitive e-mail", "outbox_deliveries_wipe"],
  ])("nor does the trigger that %s", async (_, name) => {
    const trigger = await env.DB.prepare("SELECT sql FROM sqlite_master WHERE name = ?")
      .bind(name)
      .first<string>("sql");
    const body = /BEGIN\s+(UPDATE[\s\S]*?);\s*END/.exec(trigger ?? "")?.[1] ?? "";
    const query = body.replace(/NEW\.\w+/g, "'x'");
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${query}`).all<{ detail: string }>();
    expect(results.length).toBeGreaterThan(1);
    expect(results.map(({ detail }) => detail).filter((detail) => SCAN.test(detail))).toEqual([]);
  });
});

describe("no list reads a backlog through", () => {
  test.each([...Object.entries(LISTS), ...Object.entries(BOUNDED)])("%s", async (_, build) => {
    const { results } = await build(explaining).all<{ detail: string }>();
    expect(results.map(({ detail }) => detail).filter((detail) => SCAN.test(detail))).toEqual([]);
  });

  test.each(Object.entries(LISTS))(
    "%s: what is found is not sorted, so that a full page ends the look",
    async (_, build) => {
      const { results } = await build(explaining).all<{ detail: string }>();
      const plan = results.map(({ detail }) => detail);
      const finding = plan.slice(0, plan.indexOf("UNION ALL"));
      expect(finding.length).toBeGreaterThan(4);
      expect(finding.filter((detail) => detail.includes("TEMP B-TREE"))).toEqual([]);
    },
  );
});
