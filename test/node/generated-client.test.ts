import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type DevServer,
  findFreePort,
  OPERATOR_TOKEN,
  startDevServer,
} from "../support/programs/dev-server.ts";

const ROOT = join(import.meta.dirname, "../..");
/** It has a TypeScript of its own: the generator is written with the API of version 5. */
const CLIENT = join(ROOT, "test/generated-client");

/** Runs it to its end; its output is the error when it fails. */
async function run(command: string, ...args: string[]): Promise<string> {
  const failed = ({ stdout, stderr }: { stdout: string; stderr: string }) => {
    throw new Error(`${command} ${args.join(" ")}\n${stdout}${stderr}`);
  };
  return (await promisify(execFile)(command, args).catch(failed)).stdout;
}

/** A stranger's folder: the document, what is generated from it, a program, and the libraries. */
const folder = mkdtempSync(join(tmpdir(), "edge-outbox-client-"));
let server: DevServer;

beforeAll(async () => {
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  copyFileSync(join(ROOT, "docs/reference/openapi.json"), join(folder, "openapi.json"));
  copyFileSync(join(CLIENT, "program.ts"), join(folder, "program.ts"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  const generate = run(
    join(CLIENT, "node_modules/.bin/openapi-typescript"),
    join(folder, "openapi.json"),
    ...["--output", join(folder, "api.ts"), "--default-non-nullable=false"],
  );
  const data = join(folder, "data");
  [server] = await Promise.all([startDevServer({ port: await findFreePort(), data, vars: {} }), generate]);
});

afterAll(async () => {
  await server?.kill();
  rmSync(folder, { recursive: true, force: true });
});

describe("a client that a generator makes of docs/reference/openapi.json", () => {
  test("passes the strictest types, and refuses what the API would", async () => {
    const compilerOptions = {
      types: ["node"],
      typeRoots: [join(ROOT, "node_modules/@types")],
      skipLibCheck: false,
      incremental: false,
      rootDir: "/",
    };
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: join(ROOT, "tsconfig.json"),
        compilerOptions,
        include: ["*.ts"],
        exclude: [],
      }),
    );
    await run(join(ROOT, "node_modules/.bin/tsc"), "-p", folder);
  });

  test("speaks with a Worker that runs: it commits, reads back, turns pages, is told what was wrong", async () => {
    const said = await run(process.execPath, join(folder, "program.ts"), server.url, OPERATOR_TOKEN);
    const told = JSON.parse(said);
    expect(told).toEqual({
      tenant: "generated",
      endpoint: expect.stringMatching(/^ep_/),
      secret: expect.stringMatching(/^whsec_/),
      committed: [expect.stringMatching(/^msg_/), expect.anything(), expect.anything()],
      payload: { orderId: "1001" },
      deliveries: [{ endpointId: told.endpoint, state: "pending" }],
      listed: told.committed.toReversed(),
      matched: 0,
      wrongFields: ["eventType"],
    });
    expect(new Set(told.committed).size).toBe(3);
  });
});
