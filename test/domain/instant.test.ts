import { describe, expect, test } from "vitest";
import { parseInstant } from "../../src/domain/parse-instant.ts";

const AT = Date.UTC(2027, 10, 29, 23, 0, 0);

describe("an instant", () => {
  test.each([
    ["JavaScript", "2027-11-29T23:00:00.000Z", 0],
    ["java.time, a full minute", "2027-11-29T23:00Z", 0],
    ["java.time, nanoseconds", "2027-11-29T23:00:00.123456789Z", 123],
    ["java.time, OffsetDateTime", "2027-11-30T00:00+01:00", 0],
    ["Go, RFC3339", "2027-11-29T23:00:00Z", 0],
    ["Go, RFC3339Nano", "2027-11-30T04:30:00.5+05:30", 500],
    [".NET, round-trip", "2027-11-29T23:00:00.1234567Z", 123],
    [".NET, DateTimeOffset", "2027-11-29T23:00:00.0000000+00:00", 0],
    [".NET, universal", "2027-11-29 23:00:00Z", 0],
    ["Python, isoformat", "2027-11-29T23:00:00.123456+00:00", 123],
    ["Python, str", "2027-11-29 23:00:00+00:00", 0],
    ["strftime", "2027-11-30T00:00:00+0100", 0],
    ["PostgreSQL", "2027-11-30 00:00:00.25+01", 250],
    ["ISO 8601 with a comma", "2027-11-29T23:00:00,25Z", 250],
    ["small letters", "2027-11-29t23:00:00z", 0],
    ["west of Greenwich", "2027-11-29T15:00:00-08:00", 0],
    ["an offset that is not known", "2027-11-29T23:00:00-00:00", 0],
  ])("as %s writes it: %s", (_, text, ms) => {
    expect(parseInstant(text)).toBe(AT + ms);
  });

  test("may be a leap second, which is the second after it", () => {
    expect(parseInstant("1998-12-31T23:59:60Z")).toBe(Date.UTC(1999, 0, 1));
    expect(parseInstant("1999-01-01T00:59:60+01:00")).toBe(Date.UTC(1999, 0, 1));
    expect(parseInstant("1998-12-31T23:58:60Z")).toBeUndefined();
  });

  test("may be of any year that has four digits", () => {
    expect(parseInstant("0001-01-01T00:00:00Z")).toBe(Date.parse("0001-01-01T00:00:00.000Z"));
    expect(parseInstant("9999-12-31T23:59:59.999999999Z")).toBe(Date.parse("9999-12-31T23:59:59.999Z"));
  });

  test.each([
    "",
    "2027-11-29",
    "2027-11-29T23:00:00",
    "2027-11-29T23:00",
    "2027-11-29T23Z",
    "2027-11-29T24:00:00Z",
    "2027-11-29T23:60:00Z",
    "2027-11-29T23:00:61Z",
    "2027-02-29T23:00:00Z",
    "2027-02-30T23:00:00Z",
    "2027-13-01T23:00:00Z",
    "2027-00-01T23:00:00Z",
    "2027-11-00T23:00:00Z",
    "2027-11-29T23:00:00.Z",
    "2027-11-29T23:00:00.1234567890Z",
    "2027-11-29T23:00:00+24:00",
    "2027-11-29T23:00:00+01:60",
    "2027-11-29T23:00:00+1",
    "2027-11-29T23:00:00 01:00",
    "2027-11-29T23:00:00ZZ",
    " 2027-11-29T23:00:00Z",
    "2027-11-29T23:00:00Z\n",
    "2027-11-29T23:00:00+01:00[Europe/Paris]",
    "20271129T230000Z",
    "2027-W48-1T23:00:00Z",
    "2027-333T23:00:00Z",
    "+002027-11-29T23:00:00Z",
    "1796000000",
    "٢٠٢٧-11-29T23:00:00Z",
    "Mon, 29 Nov 2027 23:00:00 GMT",
  ])("is not %j", (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });
});
