import { describe, expect, test } from "vitest";
import { auditOutcome, auditVerdict } from "../../.ci/audit-verdict.ts";

const report = (...severities: string[]) =>
  JSON.stringify({
    auditReportVersion: 2,
    vulnerabilities: Object.fromEntries(
      severities.map((severity, at) => [
        `library-${at}`,
        {
          name: `library-${at}`,
          severity,
          via: ["other", { title: "A hole", url: "https://example.com/advisory", severity }],
        },
      ]),
    ),
    metadata: { vulnerabilities: { total: severities.length } },
  });

const BULK = "https://registry.example/-/npm/v1/security/advisories/bulk";
const answered = (statusCode: number, text: string) =>
  JSON.stringify({
    message: `${statusCode} ${text} - POST ${BULK}`,
    statusCode,
    body: "",
    error: { summary: "" },
  });
const failed = (message: string) => JSON.stringify({ message, error: { summary: "", detail: "" } });

describe("an audit of the libraries", () => {
  test("fails by what is high or critical, and names it with its advisory", () => {
    expect(auditVerdict(report("low", "high", "critical"))).toEqual({
      kind: "found",
      findings: [
        "library-1 (high): by other; A hole, https://example.com/advisory",
        "library-2 (critical): by other; A hole, https://example.com/advisory",
      ],
    });
  });

  test("is clean without findings, and with lower ones", () => {
    expect(auditVerdict(report())).toEqual({ kind: "clean" });
    expect(auditVerdict(report("low", "moderate", "info"))).toEqual({ kind: "clean" });
  });

  test.each([
    answered(404, "Not Found"),
    answered(405, "Method Not Allowed"),
    answered(501, "Not Implemented"),
  ])("is not offered by a registry that does not know it: %s", (output) => {
    const verdict = auditVerdict(output);
    expect(verdict).toMatchObject({ kind: "not_offered", reason: expect.stringContaining(BULK) });
    const outcome = auditOutcome(verdict, { ifOffered: false });
    expect(outcome).toEqual({
      exitCode: 2,
      message: expect.stringMatching(/^Not audited: .*npm_config_registry/),
    });
    expect(auditOutcome(verdict, { ifOffered: true })).toEqual({ ...outcome, exitCode: 0 });
  });

  test.each([
    answered(500, "Internal Server Error"),
    answered(503, "Service Unavailable"),
    failed(`request to ${BULK} failed, reason: connect ECONNREFUSED 127.0.0.1:9`),
    failed(`request to ${BULK} failed, reason: getaddrinfo EAI_AGAIN registry.example`),
    failed(`network timeout at: ${BULK}`),
  ])("without an answer fails, whatever was allowed: %s", (output) => {
    const verdict = auditVerdict(output);
    expect(verdict).toMatchObject({ kind: "not_answered", reason: expect.stringContaining(BULK) });
    for (const ifOffered of [true, false]) {
      expect(auditOutcome(verdict, { ifOffered })).toEqual({
        exitCode: 2,
        message: expect.stringMatching(/^Not audited: /),
      });
    }
  });

  test("only a report is a clean bill", () => {
    for (const ifOffered of [true, false]) {
      const ofReport = (...severities: string[]) =>
        auditOutcome(auditVerdict(report(...severities)), { ifOffered });
      expect(ofReport("low")).toEqual({ exitCode: 0, message: expect.stringMatching(/^No library/) });
      expect(ofReport("high")).toEqual({ exitCode: 1, message: expect.stringContaining("library-0") });
    }
  });

  test.each([
    answered(401, "Unauthorized"),
    '{"error":{"code":"ENOLOCK","summary":"This command requires an existing lockfile.","detail":""}}',
    "{}",
    "",
  ])("failing otherwise is not taken for a clean one: %s", (output) => {
    expect(() => auditVerdict(output)).toThrow();
  });
});
