/** What `npm audit --json` has found out. */
export type AuditVerdict =
  | { kind: "clean" }
  /** High and critical findings, one to a line. */
  | { kind: "found"; findings: string[] }
  /** The registry offers no audits, or was not reached: nothing is known. */
  | { kind: "unknown"; reason: string };

interface AuditReport {
  vulnerabilities?: Record<string, { name: string; severity: string; via: (string | Advisory)[] }>;
  /** Of the registry's answer, when it was no report. */
  statusCode?: number;
  message?: string;
  error?: { code?: string; summary?: string };
}

interface Advisory {
  title: string;
  url: string;
}

const SEVERE = ["high", "critical"];
const NOT_OFFERED = [404, 405];
const NOT_REACHED = /^(request to \S+ failed|network timeout at)/;

/** @throws {Error} when npm failed in another way: that must not pass for a clean audit. */
export function auditVerdict(output: string): AuditVerdict {
  const { vulnerabilities, statusCode, message = "", error } = JSON.parse(output) as AuditReport;
  if (vulnerabilities) {
    const severe = Object.values(vulnerabilities).filter(({ severity }) => SEVERE.includes(severity));
    if (severe.length === 0) return { kind: "clean" };
    return {
      kind: "found",
      findings: severe.map(({ name, severity, via }) => `${name} (${severity}): ${via.map(tell).join("; ")}`),
    };
  }
  const notOffered = statusCode !== undefined && (NOT_OFFERED.includes(statusCode) || statusCode >= 500);
  if (notOffered || NOT_REACHED.test(message)) return { kind: "unknown", reason: message };
  throw new Error(`npm audit failed: ${error?.summary || message || output}`);
}

function tell(via: string | Advisory): string {
  return typeof via === "string" ? `by ${via}` : `${via.title}, ${via.url}`;
}
