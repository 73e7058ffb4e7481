/** Findings of `npm audit --json`. */
type AuditVerdict =
  | { kind: "clean" }
  /** High and critical findings, one to a line. */
  | { kind: "found"; findings: string[] }
  /** No finding: the registry offers no audits, or did not answer. */
  | { kind: "not_offered" | "not_answered"; reason: string };

interface AuditReport {
  vulnerabilities?: Record<string, { name: string; severity: string; via: (string | Advisory)[] }>;
  /** The registry's answer, when it is not a report. */
  statusCode?: number;
  message?: string;
  error?: { code?: string; summary?: string };
}

interface Advisory {
  title: string;
  url: string;
}

const SEVERE = ["high", "critical"];
const NOT_OFFERED = [404, 405, 501];
const NOT_REACHED = /^(request to \S+ failed|network timeout at)/;

/** @throws {Error} when npm failed in another way, which must not pass for a clean audit */
export function auditVerdict(output: string): AuditVerdict {
  const { vulnerabilities, statusCode = 0, message = "", error } = JSON.parse(output) as AuditReport;
  if (vulnerabilities) {
    const severe = Object.values(vulnerabilities).filter(({ severity }) => SEVERE.includes(severity));
    if (severe.length === 0) return { kind: "clean" };
    return {
      kind: "found",
      findings: severe.map(({ name, severity, via }) => `${name} (${severity}): ${via.map(tell).join("; ")}`),
    };
  }
  if (NOT_OFFERED.includes(statusCode)) return { kind: "not_offered", reason: message };
  if (statusCode >= 500 || NOT_REACHED.test(message)) return { kind: "not_answered", reason: message };
  throw new Error(`npm audit failed: ${error?.summary || message || output}`);
}

interface AuditOutcome {
  exitCode: 0 | 1 | 2;
  message: string;
}

const NOT_AUDITED = 2;

/**
 * Exit code and message of the command. 1: a vulnerability was found. 2: no audit was possible, which is not a clean
 * result. `ifOffered`: the command passes, with a message, where the registry offers no audits.
 */
export function auditOutcome(verdict: AuditVerdict, { ifOffered }: { ifOffered: boolean }): AuditOutcome {
  switch (verdict.kind) {
    case "clean":
      return { exitCode: 0, message: "No library has a known vulnerability of high severity." };
    case "found":
      return { exitCode: 1, message: verdict.findings.join("\n") };
    case "not_offered":
      return {
        exitCode: ifOffered ? 0 : NOT_AUDITED,
        message: `Not audited: this registry offers no audits (${verdict.reason}). Name one that does in npm_config_registry.`,
      };
    case "not_answered":
      return { exitCode: NOT_AUDITED, message: `Not audited: no answer (${verdict.reason}). Try again.` };
  }
}

function tell(via: string | Advisory): string {
  return typeof via === "string" ? `by ${via}` : `${via.title}, ${via.url}`;
}
