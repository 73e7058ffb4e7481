import { describe, expect, test } from "vitest";
import { refuseTarget } from "../../src/channels/webhook/target-url.ts";

describe("a webhook URL", () => {
  test.each([
    "https://example.com/hook",
    "https://api.example.co.uk:8443/a?b=c",
    "https://8.8.8.8/",
    "https://[2606:4700::1111]/",
  ])("%s is allowed", (url) => {
    expect(refuseTarget(url, { allowLoopback: false })).toBeUndefined();
  });

  test.each([
    ["not a url", /must be a URL/],
    ["", /must be a URL/],
    ["http://example.com/", /must be an https URL/],
    ["http://localhost:3000/", /this machine; in development ALLOW_LOOPBACK_ENDPOINTS=true/],
    ["ftp://example.com/", /must be an https URL/],
    ["javascript:alert(1)", /must be an https URL/],
    ["https://user:secret@example.com/", /user name or a password/],
    [`https://example.com/${"x".repeat(2048)}`, /at most 2048/],
    ["https://localhost/", /this machine/],
    ["https://localhost./", /this machine/],
    ["https://api.localhost/", /this machine/],
    ["https://printer.local/", /local name/],
    ["https://metadata.google.internal/", /local name/],
    ["https://127.0.0.1/", /this machine/],
    ["https://127.1/", /this machine/],
    ["https://2130706433/", /this machine/],
    ["https://0x7f.0.0.1/", /this machine/],
    ["https://0177.0.0.1/", /this machine/],
    ["https://[::1]/", /this machine/],
    ["https://[::ffff:127.0.0.1]/", /this machine/],
    ["https://10.0.0.1/", /private/],
    ["https://172.16.0.1/", /private/],
    ["https://192.168.1.1/", /private/],
    ["https://169.254.169.254/latest/meta-data", /private/],
    ["https://100.64.0.1/", /private/],
    ["https://0.0.0.0/", /private/],
    ["https://224.0.0.1/", /private/],
    ["https://192.0.2.1/", /private/],
    ["https://255.255.255.255/", /private/],
    ["https://[fe80::1]/", /private/],
    ["https://[fc00::1]/", /private/],
    ["https://[::ffff:10.0.0.1]/", /private/],
    ["https://[64:ff9b::7f00:1]/", /private/],
    ["https://[2002:7f00:1::]/", /private/],
    ["https://[2001:db8::1]/", /private/],
  ])("%s is refused", (url, reason) => {
    expect(refuseTarget(url, { allowLoopback: false })).toMatch(reason);
  });

  test("in development this machine is allowed, and nothing else more", () => {
    for (const url of ["http://127.0.0.1:8080/", "http://localhost:3000/", "https://[::1]/"]) {
      expect(refuseTarget(url, { allowLoopback: true })).toBeUndefined();
    }
    for (const url of [
      "http://example.com/",
      "http://10.0.0.1/",
      "https://192.168.0.1/",
      "ftp://localhost/",
    ]) {
      expect(refuseTarget(url, { allowLoopback: true })).toBeDefined();
    }
  });
});
