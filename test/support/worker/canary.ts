import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, vi } from "vitest";

/** Stands wherever a value does that nobody else is to read. It has spaces: it is no name, no id and no key. */
export const CANARY = "c4n4ry of ours";
export const HEARD = /c4n4ry/i;
const SECRET_KEYS = env.SECRET_KEYS.split(",").map((key) => key.split(":")[1] ?? "");

/** Listens to all that is logged during each test of a file. */
export function listen() {
  let lines: string[] = [];
  beforeEach(() => {
    lines = [];
    for (const method of ["log", "info", "debug", "warn", "error"] as const) {
      vi.spyOn(console, method).mockImplementation((...said) => void lines.push(said.map(String).join(" ")));
    }
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  const logged = () => lines.join("\n");
  return {
    logged,
    /** Requests were logged, without a canary, without the Worker's secrets, and without these. */
    expectSilence: (...secrets: string[]) => {
      expect(logged()).toContain('"event":"http.request"');
      expect(logged()).not.toMatch(HEARD);
      for (const secret of [env.OPERATOR_TOKEN, ...SECRET_KEYS, "whsec_", ...secrets]) {
        expect(secret.length).toBeGreaterThan(5);
        expect(logged()).not.toContain(secret);
      }
    },
  };
}
