import { describe, expect, test } from "vitest";
import { tenantFilter } from "../../src/registry/list-tenants.ts";
import {
  blockedKeyFilter,
  deliveryFilter,
  emailFilter,
  messageFilter,
  statsSpan,
} from "../../src/trace/filters.ts";

describe("the filters of lists, as a query string says them", () => {
  test("take instants with their offset, as milliseconds", () => {
    const given = { since: "2026-11-23T20:00:00+01:00", until: "2026-11-23T20:00:00.5Z" };
    const span = { since: Date.parse("2026-11-23T19:00:00Z"), until: Date.parse("2026-11-23T20:00:00.500Z") };
    for (const filter of [messageFilter, deliveryFilter, emailFilter, statsSpan])
      expect(filter.parse(given)).toEqual(span);
    const all = { state: "dead", endpointId: "ep_a", eventType: "order.placed", channel: "webhook" };
    expect(deliveryFilter.parse(all)).toEqual(all);
    expect(deliveryFilter.parse({})).toEqual({});
  });

  test.each([
    [messageFilter, { since: "2026-11-23T20:00:00" }],
    [messageFilter, { until: "yesterday" }],
    [messageFilter, { eventType: "order.*" }],
    [messageFilter, { state: "dead" }],
    [deliveryFilter, { state: "sent" }],
    [deliveryFilter, { channel: "sms" }],
    [deliveryFilter, { endpoint: "ep_a" }],
    [emailFilter, { endpointId: "ep_a" }],
    [blockedKeyFilter, { state: "dead" }],
    [tenantFilter, { state: "deleted" }],
  ])("refuse what they do not know %#", (filter, given) => {
    expect(filter.safeParse(given).success).toBe(false);
  });
});
