import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { readDevFlags } from "../../src/cli/flags.ts";
import { ensureSecretKeys, secretKeyFlags } from "../../src/cli/secret-keys.ts";

const scratch = mkdtempSync(join(tmpdir(), "edge-outbox-keys-"));
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(scratch, "data-"));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const flagsFor = (...given: string[]) => secretKeyFlags(readDevFlags(given), folder);

describe("the keys of local data", () => {
  test("are made once for a folder, as the Worker reads them, and for its owner alone", () => {
    const data = join(folder, "not", "there", "yet");
    const keys = ensureSecretKeys(data);
    expect(keys).toMatch(/^local:[A-Za-z0-9+/]{43}=$/);
    expect(ensureSecretKeys(data)).toBe(keys);
    expect(ensureSecretKeys(folder)).not.toBe(keys);
    expect(readFileSync(join(data, "secret-keys"), "utf8")).toBe(`${keys}\n`);
    expect(statSync(join(data, "secret-keys")).mode & 0o777).toBe(0o600);
  });

  test("are the same whatever the flags", () => {
    writeFileSync(join(folder, "settings"), "OPERATOR_TOKEN=0123456789abcdef\n");
    const settings = `--env-file=${join(folder, "settings")}`;
    const first = flagsFor(settings);
    expect(first).toEqual(["--var", `SECRET_KEYS:${ensureSecretKeys(folder)}`]);
    expect(flagsFor(settings, "--var", "OPERATOR_TOKEN:x", "--port", "0")).toEqual(first);
  });

  test("are left out when the user gives others, by --var or in a file of settings", () => {
    expect(flagsFor("--var", "SECRET_KEYS:k1:abc")).toEqual([]);
    expect(flagsFor("--var", "OPERATOR_TOKEN:x", "SECRET_KEYS:k1:abc")).toEqual([]);
    writeFileSync(join(folder, "settings"), "SECRET_KEYS=k1:abc\n");
    expect(flagsFor(`--env-file=${join(folder, "settings")}`)).toEqual([]);
    expect(flagsFor("--env-file", join(folder, "settings"))).toEqual([]);
    expect(() => statSync(join(folder, "secret-keys"))).toThrow();
  });
});
