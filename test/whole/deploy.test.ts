import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { bundlerWarns } from "../../src/cli/rehearse.ts";
import { TRIGGERS } from "../../src/cli/require-trigger.ts";
import { type Account, CloudflareApi } from "../support/programs/cloudflare-api.ts";
import { QUIET, ROOT } from "../support/programs/run.ts";

const scratch = mkdtempSync(join(tmpdir(), "edge-outbox-deploy-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** `npm run deploy`, by the real wrangler, to an account that stands in for Cloudflare. */
async function deployTo(
  { isElsewhere, ...account }: Account & { isElsewhere?: boolean },
  ...flags: string[]
) {
  const api = await CloudflareApi.start(account);
  const { CLOUDFLARE_ACCOUNT_ID, ...environment } = api.environment;
  try {
    const child = spawn(process.execPath, ["src/cli/deploy.ts", ...flags], {
      cwd: ROOT,
      env: { ...QUIET, ...environment, ...(!isElsewhere && { CLOUDFLARE_ACCOUNT_ID }) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    const exitCode = await new Promise((resolve) => child.on("close", resolve));
    const accounts = new Set(api.calls.flatMap(({ path }) => /\/accounts\/([^/]+)/.exec(path)?.[1] ?? []));
    return { exitCode, output, uploads: api.uploads, queries: api.queries, accounts };
  } finally {
    await api.stop();
  }
}

describe("a deploy", () => {
  test("migrates the database, uploads the Worker with its limits, and tells which secrets are missing", async () => {
    const { exitCode, output, uploads, queries } = await deployTo({});
    expect(output).toContain("Deployed.\n\nThe Worker has no OPERATOR_TOKEN yet");
    expect(exitCode).toBe(0);
    expect(uploads).toHaveLength(1);
    expect(uploads[0]?.body).toContain('"limits":{"cpu_ms":30000,"subrequests":10000}');
    for (const trigger of Object.keys(TRIGGERS))
      expect(queries.some((sql) => sql.includes(`CREATE TRIGGER ${trigger}`))).toBe(true);
  });

  test("to the free plan is refused with a sentence", async () => {
    const { exitCode, output } = await deployTo({ isFree: true });
    expect(output).toContain(
      "The Worker was not deployed: it needs Workers Paid, and this account is on the free plan",
    );
    expect(exitCode).toBe(1);
  });

  test.each(Object.keys(TRIGGERS))(
    "to a database that lost its trigger %s ends before the Worker is uploaded",
    async (trigger) => {
      const loses = new RegExp(`CREATE TRIGGER ${trigger}.*?; END;`, "s");
      const { exitCode, output, uploads } = await deployTo({ loses });
      expect(output).toContain(`The database has no trigger ${trigger}`);
      expect([exitCode, uploads]).toEqual([1, []]);
    },
  );

  test.each([[["--dry-run=true"]], [["--dryRun"]], [["--no-dry-run"]], [["--dry-run", "false"]]])(
    "possibly meant as a rehearsal changes nothing: %j",
    async (flags) => {
      const { exitCode, output, uploads, queries } = await deployTo({}, ...flags);
      expect(output).toContain("Write --dry-run, without a value");
      expect([exitCode, uploads, queries]).toEqual([1, [], []]);
    },
  );

  test("goes to one account in all its steps, also where a file names it", async () => {
    const file = join(scratch, "account.env");
    writeFileSync(file, "CLOUDFLARE_ACCOUNT_ID=another\n");
    const { exitCode, accounts } = await deployTo({ isElsewhere: true }, "--env-file", file);
    expect([exitCode, [...accounts]]).toEqual([0, ["another"]]);
  });

  test("looks for all the triggers that the migrations make", () => {
    const sql = readdirSync(join(ROOT, "migrations"))
      .filter((name) => name.endsWith(".sql"))
      .map((name) => readFileSync(join(ROOT, "migrations", name), "utf8"));
    expect(sql.join("\n").match(/(?<=CREATE TRIGGER )\w+/g)).toEqual(Object.keys(TRIGGERS));
  });
});

describe("a warning of the bundler", () => {
  /** A Worker beside this repository's, of which the bundler says that an import does nothing. */
  function doubtful(): string {
    const folder = mkdtempSync(join(scratch, "doubtful-"));
    cpSync(join(ROOT, "wrangler.toml"), join(folder, "wrangler.toml"));
    writeFileSync(join(folder, "package.json"), '{ "type": "module", "sideEffects": false }');
    writeFileSync(join(folder, "does.ts"), 'console.log("done");');
    const worker = 'import "./does.ts";\nexport { default, TenantRelay } from "ROOT/src/worker.ts";\n';
    writeFileSync(join(folder, "worker.ts"), worker.replace("ROOT", ROOT));
    const config = readFileSync(join(folder, "wrangler.toml"), "utf8").replace("src/worker.ts", "worker.ts");
    writeFileSync(join(folder, "wrangler.toml"), config);
    return join(folder, "wrangler.toml");
  }

  test.each([[["--dry-run"]], [[]]])("ends a deploy before its first step: %j", async (flags) => {
    const { exitCode, output, queries, uploads } = await deployTo({}, "--config", doubtful(), ...flags);
    expect(output).toContain("[ignored-bare-import]");
    expect(output).toMatch(/The bundler warns, .* Nothing was changed\.$/m);
    expect([exitCode, queries, uploads]).toEqual([1, [], []]);
  });

  test("is told apart from one of wrangler's own", () => {
    const own =
      "▲ [WARNING] Multiple environments are defined\n\n  To avoid it: name one.\n\nTotal Upload: 1 KiB";
    const bundlers =
      '▲ [WARNING] The "typeof" is odd [suspicious]\n\n    src/my worker.ts:3:7:\n      3 │ x\n';
    expect([bundlerWarns(own), bundlerWarns(bundlers), bundlerWarns(own + bundlers)]).toEqual([
      false,
      true,
      true,
    ]);
  });
});
