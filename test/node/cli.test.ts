import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { refuseDevelopment } from "../../src/cli/deploy-check.ts";
import { ensureOperatorToken } from "../../src/cli/dev-vars.ts";
import { environmentFlags, isDevelopment, wayOfEmails } from "../../src/cli/environment.ts";
import { readDevFlags } from "../../src/cli/flags.ts";

const ROOT = join(import.meta.dirname, "../..");
const run = promisify(execFile);

const scratch = mkdtempSync(join(tmpdir(), "edge-outbox-cli-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(scratch, "root-"));
});
const write = (name: string, text: string) => writeFileSync(join(root, name), text);

describe("the server on this machine is one for development", () => {
  const flagsFor = (...given: string[]) => environmentFlags(readDevFlags(given), root);
  const DEVELOPMENT = ["--var=ENVIRONMENT:development"];

  test("unless the user says otherwise", () => {
    expect(flagsFor()).toEqual(DEVELOPMENT);
    expect(flagsFor("--port", "9000", "--var", "ALLOW_LOOPBACK_ENDPOINTS:true")).toEqual(DEVELOPMENT);
    expect(flagsFor("--var", "ENVIRONMENT:production")).toEqual([]);
    expect(flagsFor("--var", "A:1", "ENVIRONMENT:production")).toEqual([]);
  });

  test("with a .dev.vars of before, which allows loopback and says nothing of it", () => {
    write(".dev.vars", "OPERATOR_TOKEN=sixteen-characters\nALLOW_LOOPBACK_ENDPOINTS=true\n");
    expect(flagsFor()).toEqual(DEVELOPMENT);
  });

  test("and what a file of settings says holds: the one that wrangler reads", () => {
    write(".dev.vars", "ENVIRONMENT=production\n");
    write(".dev.vars.staging", "OTHER=1\n");
    write("own.env", "ENVIRONMENT=production\n");
    expect(flagsFor()).toEqual([]);
    expect(flagsFor("--env", "live")).toEqual([]);
    expect(flagsFor("--env", "staging")).toEqual(DEVELOPMENT);
    expect(flagsFor("--env", "staging", "--env-file=own.env")).toEqual([]);
    expect(flagsFor("--env-file=none.env")).toEqual(DEVELOPMENT);
    expect(flagsFor("--config", "elsewhere/wrangler.toml")).toEqual(DEVELOPMENT);
  });

  test("a .dev.vars that is made says so, for whoever starts wrangler without the launcher", () => {
    const path = join(root, ".dev.vars");
    ensureOperatorToken(path);
    expect(readFileSync(path, "utf8")).toMatch(
      /^OPERATOR_TOKEN=\S{16,}\nENVIRONMENT=development\nALLOW_LOOPBACK_ENDPOINTS=true\n$/,
    );
    expect(flagsFor()).toEqual([]);
  });

  test("and says where e-mails go, above all to whoever has named a provider", () => {
    const way = (...given: string[]) => wayOfEmails(readDevFlags(given), root);
    expect(way()).toBe("stay in the mailbox");
    expect(way("--var", "EMAIL_PROVIDER:binding")).toMatch(
      /^stay in the mailbox.* by binding, set EMAIL_DEV=live/,
    );
    write(".dev.vars", "EMAIL_PROVIDER=resend\nRESEND_API_KEY=re_1\nEMAIL_DEV_ALLOW=*@ourteam.example\n");
    expect(way()).toMatch(/^stay in the mailbox.* by resend, set EMAIL_DEV=live and EMAIL_DEV_ALLOW$/);
    expect(way("--var", "EMAIL_DEV:live")).toBe(
      "to *@ourteam.example are sent, all others stay in the mailbox",
    );
    expect(way("--var", "ENVIRONMENT:production")).toBe("are sent");
  });

  test("and a link signs in to it only then", () => {
    const isOne = (...given: string[]) => isDevelopment(readDevFlags(given), root);
    expect([isOne(), isOne("--var", "ENVIRONMENT:production")]).toEqual([true, false]);
    write(".dev.vars", "ENVIRONMENT=production\n");
    expect([isOne(), isOne("--var", "ENVIRONMENT:development")]).toEqual([false, true]);
  });
});

describe("a deploy that would allow loopback", () => {
  const toml = (vars: string, rest = "") => write("wrangler.toml", `name = "a"\n[vars]\n${vars}\n${rest}`);
  const check =
    (...given: string[]) =>
    () =>
      refuseDevelopment(given, root);

  test("is refused, by --var", () => {
    toml("A = 1");
    expect(check("--var", "ALLOW_LOOPBACK_ENDPOINTS:true")).toThrow(
      /^ALLOW_LOOPBACK_ENDPOINTS is true by --var, .*Nothing was changed\.$/s,
    );
    expect(check("--var", "A:1", "ALLOW_LOOPBACK_ENDPOINTS:1")).toThrow("is 1 by --var");
    expect(check("--var", "ALLOW_LOOPBACK_ENDPOINTS=true")).toThrow("with a colon");
  });

  test.each(['"true"', "true", '"1"', "1", '"TRUE"', '"yes"'])(
    "is refused, by wrangler.toml: %s",
    (value) => {
      toml(`ALLOW_LOOPBACK_ENDPOINTS = ${value}`);
      expect(check()).toThrow(`in ${join(root, "wrangler.toml")}, but is for development only`);
      expect(check("--var", "ALLOW_LOOPBACK_ENDPOINTS:false")).not.toThrow();
    },
  );

  test("is refused, in the environment and the configuration that are deployed", () => {
    toml("A = 1", "[env.staging.vars]\nALLOW_LOOPBACK_ENDPOINTS = true\n");
    expect(check()).not.toThrow();
    expect(check("--env", "staging")).toThrow("ALLOW_LOOPBACK_ENDPOINTS is true in");
    write("other.json", '{ "name": "a", "vars": { "ALLOW_LOOPBACK_ENDPOINTS": "true" } }');
    expect(check("-c", "other.json")).toThrow("ALLOW_LOOPBACK_ENDPOINTS is true in");
  });

  test.each(['"false"', "false", '"0"', '""'])("is none that says %s", (value) => {
    toml(`ALLOW_LOOPBACK_ENDPOINTS = ${value}`);
    expect(check()).not.toThrow();
  });

  test("is refused like one whose list of addresses would hold no e-mail back", () => {
    const staging = '[env.staging.vars]\nENVIRONMENT = "Development"\nEMAIL_DEV = "Live"\n';
    toml('EMAIL_DEV_ALLOW = "*@ourteam.example"', staging);
    expect(check()).toThrow(
      /^EMAIL_DEV_ALLOW is \*@ourteam\.example in .*no list holds them back\. Remove it.*Nothing was changed\.$/s,
    );
    expect(check("--env", "staging", "--var", "EMAIL_DEV_ALLOW:*@ourteam.example")).not.toThrow();
    expect(check("--var", "EMAIL_DEV_ALLOW:")).not.toThrow();
    expect(check("--var", "EMAIL_DEV_ALLOW:", "--var", "EMAIL_DEV:mailbox")).toThrow(
      "EMAIL_DEV is mailbox by --var, but is for development only: production sends e-mails to everybody",
    );
  });

  test("is refused like one that would send no e-mail", () => {
    toml("A = 1", '[env.staging.vars]\nENVIRONMENT = "Development"\n');
    expect(check("--env", "staging")).toThrow(
      /^ENVIRONMENT is Development in .*: no e-mail would be sent, unless EMAIL_DEV is live and EMAIL_DEV_ALLOW/,
    );
    expect(check("--var", "ENVIRONMENT:production")).not.toThrow();
    expect(check("--env", "staging", "--var", "EMAIL_DEV:live")).not.toThrow();
  });

  test("is refused too when the configuration cannot be read", () => {
    expect(check()).toThrow("Nothing was changed.");
  });

  test("ends before its first step, with a rehearsal too", async () => {
    for (const flags of [[], ["--dry-run"]]) {
      const given = ["src/cli/deploy.ts", "--var", "ALLOW_LOOPBACK_ENDPOINTS:true", ...flags];
      await expect(run(process.execPath, given, { cwd: ROOT })).rejects.toMatchObject({
        code: 1,
        stdout: "",
        stderr: expect.stringContaining("ALLOW_LOOPBACK_ENDPOINTS is true by --var"),
      });
    }
  });

  test("is not ours: the configuration of this repository allows none", () => {
    expect(() => refuseDevelopment([])).not.toThrow();
  });
});
