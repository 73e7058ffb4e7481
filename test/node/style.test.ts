import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parse as parseToml } from "smol-toml";
import { describe, expect, test } from "vitest";
import { CHANNELS } from "../../src/domain/states.ts";
import { limits } from "../../src/platform/limits.ts";
import {
  browserImports,
  browserSources,
  filesBelow,
  type Import,
  imports,
  importsOf,
  ROOT,
  SRC,
  sources,
} from "./sources.ts";

const roomOf = (path: string) => (path.includes("/") ? (path.split("/")[0] ?? "") : "");

/** What every room may use. */
const GROUND = ["domain", "db", "platform"];

/** The hand-offs between rooms: who imports what. `type` means: its types only. */
const HAND_OFFS: Record<string, string[]> = {
  answers: [
    "registry",
    "trace",
    "type interventions/dismiss.ts",
    "type interventions/replay.ts",
    "type outbox/commit.ts",
  ],
  api: [
    "answers",
    "email-events",
    "interventions",
    "metrics",
    "outbox",
    "registry",
    "trace",
    "type mailbox/mailbox.ts",
    "unsubscribe/answer.ts",
    "upkeep",
  ],
  library: ["answers", "interventions", "outbox", "registry", "trace"],
  client: ["type api/app.ts", "type api/door/problem.ts"],
  outbox: ["relay/hand-over.ts", "schemas", "type relay/delivery-task.ts", "type relay/statements.ts"],
  "email-events": ["inbox/verify.ts", "outbox/announce.ts"],
  unsubscribe: ["outbox/announce.ts"],
  inbox: [],
  interventions: [],
  mailbox: [
    "channels/channel.ts",
    "channels/email/compose-message.ts",
    "email-events/providers/mailbox.ts",
    "email-events/record-events.ts",
    "type channels/email/development.ts",
    "type channels/email/provider.ts",
  ],
  metrics: ["channels/read-response.ts", "trace"],
  registry: ["channels/webhook/sign.ts", "schemas", "type outbox/waker.ts"],
  relay: [],
  schemas: [],
  templates: ["outbox/message.ts"],
  delivery: [
    "channels/channel.ts",
    "outbox/announce.ts",
    "outbox/effects.ts",
    "type outbox/insert-messages.ts",
    "relay/delivery-task.ts",
  ],
  channels: [],
  upkeep: ["outbox/announce.ts"],
  trace: [],
  testing: [
    "channels/channel.ts",
    "channels/until-aborted.ts",
    "client",
    "insides.ts",
    "mailbox",
    "memory.ts",
    "relay/drain.ts",
    "type channels/email/provider.ts",
    "type outbox-env.ts",
    "type library/operations.ts",
    "type registry/endpoint-input.ts",
    "type relay/delivery-task.ts",
  ],
  dashboard: ["api", "answers/to-iso.ts", "mailbox", "inbox/verify.ts", "registry", "type outbox-env.ts"],
  domain: ["platform"],
  db: ["domain", "platform"],
  platform: [],
};

function isAllowed({ from, to, typeOnly }: Import): boolean {
  const [room, target] = [roomOf(from), roomOf(to)];
  if (room === "" || room === "cli" || room === target) return true;
  const allowed = HAND_OFFS[room] ?? [];
  if (GROUND.includes(target) && !GROUND.includes(room)) return true;
  return allowed.some((entry) => entry === target || entry === to || (typeOnly && entry === `type ${to}`));
}

describe("the import rule", () => {
  test("rooms use the ground they stand on, and each other only through the hand-offs", () => {
    expect(imports.length).toBeGreaterThan(100);
    expect(imports.filter((one) => !isAllowed(one)).map(({ from, to }) => `${from} imports ${to}`)).toEqual(
      [],
    );
  });

  test("the dashboard's front end is a client of the API, and of nothing else", () => {
    // The API's document does not have the inspector, whose answers these types are.
    const ofInspector = "dashboard/inspector/answers.ts";
    const outside = browserImports.filter(
      ({ to, typeOnly }) => !to.startsWith("dashboard/browser/") && !(typeOnly && to === ofInspector),
    );
    expect(outside.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
    const inside = imports.filter(({ to }) => to.startsWith("dashboard/browser/"));
    expect(inside.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  test("the inbox stands by itself: nothing of the outbox comes with it but the ground", () => {
    const reached = new Set(["inbox/inbox.ts"]);
    for (const file of reached) {
      for (const { to, typeOnly } of importsOf(join(SRC, file))) if (!typeOnly) reached.add(to);
    }
    const packages = [...reached].flatMap((file) =>
      [...readFileSync(join(SRC, file), "utf8").matchAll(/^import (?!type)[^;]*? from "([^."][^"]*)"/gm)].map(
        ([, name = ""]) => name.split("/")[0],
      ),
    );
    expect([...new Set([...reached].map(roomOf))].toSorted()).toEqual(["db", "domain", "inbox", "platform"]);
    expect([...new Set(packages)].toSorted()).toEqual(["drizzle-orm"]);
  });

  test("every room is known to the rule", () => {
    const rooms = new Set(
      sources.map((file) => roomOf(relative(SRC, file))).filter((room) => room && room !== "cli"),
    );
    expect([...rooms].toSorted()).toEqual(Object.keys(HAND_OFFS).toSorted());
  });

  test("no module is imported for what it does when it is loaded: a bundler may leave such a one out", () => {
    const { sideEffects } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    expect(sideEffects).toBe(false);
    const bare = /^\s*(?:import\s*|await import\()"/m;
    const importers = sources.filter((file) => bare.test(readFileSync(file, "utf8")));
    expect(importers.map((file) => relative(SRC, file))).toEqual([]);
  });

  test("no module does anything when it is loaded but read its settings and be a command", () => {
    // A call, an assignment or a loop at the beginning of a line.
    const statement = /^(?:await |new )?[\w.[\]"]+(?:\(| [+?|&]*= | \()/gm;
    const doers = sources
      .filter((file) => roomOf(relative(SRC, file)) !== "cli")
      .flatMap((file) =>
        [...readFileSync(file, "utf8").matchAll(statement)].map(
          ([text]) => `${relative(SRC, file)}: ${text}`,
        ),
      );
    expect(doers.toSorted()).toEqual(["worker.ts: outbox.checkSettings("]);
  });

  test("only the Worker and the library know Cloudflare's runtime, and the relay's Durable Object", () => {
    const users = sources.filter((file) => readFileSync(file, "utf8").includes('"cloudflare:'));
    expect(users.map((file) => relative(SRC, file)).toSorted()).toEqual([
      "create-outbox.ts",
      "relay/tenant-relay.ts",
      "worker.ts",
    ]);
  });
});

describe("the files", () => {
  const all = [...sources, ...browserSources];
  const lengthOf = (file: string) => readFileSync(file, "utf8").split("\n").length;

  test("none is longer than 300 lines, and half of them are shorter than 100", () => {
    const lengths = sources.map(lengthOf).toSorted((a, b) => a - b);
    expect(all.filter((file) => lengthOf(file) > 300)).toEqual([]);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThan(100);
  });

  // Sentences that are one literal, as biome leaves them, are no code.
  test("have lines of at most 130 characters", () => {
    const literal = /"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|\/(?:[^/\\\n]|\\.)+\/[a-z]*/g;
    const long = all.flatMap((file) =>
      readFileSync(file, "utf8")
        .split("\n")
        .map((line, at) => ({ place: `${relative(SRC, file)}:${at + 1}`, code: line.replace(literal, "") }))
        .filter(({ code }) => code.length > 130)
        .map(({ place, code }) => `${place}: ${code.length} characters`),
    );
    expect(long, "Break the line").toEqual([]);
  });

  test("are named in kebab-case, and none after nothing in particular", () => {
    const names = all.flatMap((file) =>
      relative(SRC, file)
        .replace(/(\.d)?\.tsx?$/, "")
        .split("/"),
    );
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))).toEqual([]);
    expect(names.filter((name) => /^(utils?|helpers?|common|types|models|misc)$/.test(name))).toEqual([]);
  });

  // It counts what the statement before has changed: right only if nothing runs between two statements of a batch.
  test("no statement asks for changes()", () => {
    expect(sources.filter((file) => /\bchanges\(\)/.test(readFileSync(file, "utf8")))).toEqual([]);
  });

  test("SQL that writes stands in statements files, and what builds a statement does not run it", () => {
    for (const file of sources.filter((file) => file.endsWith("statements.ts"))) {
      expect(readFileSync(file, "utf8"), file).not.toMatch(/\.(run|all|first|batch|raw)\(|\bawait\b/);
    }
  });

  test("the lock files name no registry", () => {
    for (const name of ["package-lock.json", "bench/package-lock.json"]) {
      const lock = readFileSync(join(ROOT, name), "utf8");
      // The workspaces are "resolved" to their folders.
      expect(lock.replaceAll(/"resolved": "test\/[\w-]+"/g, ""), name).not.toContain('"resolved"');
    }
  });
});

describe("the tests", () => {
  /** Where the one patience is applied; and buyers who ask again, a load that is measured. */
  const HAVE_CLOCKS = ["support/runner/eventually.ts", "support/shop/shop-buyers.ts", "chaos/chaos.ts"];
  const CLOCKS = /\b(AbortSignal\.timeout|vi\.waitFor|setTimeout)\(|^ *\}, (\{ timeout|[\d_]+\);)/m;

  test("wait for conditions, with one patience: none has a time limit of its own", () => {
    const tests = join(ROOT, "test");
    const timed = filesBelow(tests)
      .filter((file) => CLOCKS.test(readFileSync(file, "utf8")))
      .map((file) => relative(tests, file));
    expect(timed.toSorted()).toEqual(HAVE_CLOCKS.toSorted());
  });
});

test("wrangler.toml hands a consumer as many tasks as the limits reckon with, and all settings are said", () => {
  const toml = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
  const consumers = toml.split("[[queues.consumers]]").slice(1);
  expect(consumers).toHaveLength(CHANNELS.length);
  for (const consumer of consumers) {
    expect(consumer).toContain(`max_batch_size = ${limits.tasksPerInvocation}\n`);
    expect(consumer).toMatch(/max_batch_timeout = \d+\nmax_retries = \d+\nretry_delay = \d+\n/);
  }
});

test("every Worker of ours brakes tokens and addresses as the limits, and the headers, say", () => {
  const { apiRequestsPerPeriod, addressRequestsPerPeriod, apiPeriodSeconds: period } = limits;
  for (const name of ["wrangler.toml", "examples/shop/wrangler.toml"]) {
    const { ratelimits } = parseToml(readFileSync(join(ROOT, name), "utf8"));
    expect(ratelimits, name).toMatchObject([
      { name: "API_RATE", simple: { limit: apiRequestsPerPeriod, period } },
      { name: "ADDRESS_RATE", simple: { limit: addressRequestsPerPeriod, period } },
    ]);
  }
});

test("wrangler.toml asks for the plan that the limits reckon with", () => {
  const { cpuMsPerInvocation: cpuMs, subrequestsPerInvocation: subrequests } = limits;
  for (const name of ["wrangler.toml", "examples/shop/wrangler.toml"]) {
    const toml = readFileSync(join(ROOT, name), "utf8");
    expect(parseToml(toml)["limits"], name).toEqual({ cpu_ms: cpuMs, subrequests });
  }
});

test("every wrangler file lets a webhook to one's own zone come in by its front door, and the documents say so", () => {
  const configs = wranglerFiles();
  expect(configs.length).toBeGreaterThan(3);
  const pages = ["docs/start/adopt.md", "docs/operate/security.md", "docs/operate/deploying.md"];
  expect(filesWithout("global_fetch_strictly_public", [...configs, ...pages])).toEqual([]);
});

test("every wrangler file with consumers has them acknowledged when they return, and the documents say so", () => {
  const configs = wranglerFiles();
  const idle = filesWithout("[[queues.consumers]]", configs);
  const consuming = configs.filter((name) => !idle.includes(name));
  expect(consuming.length).toBeGreaterThan(2);
  const pages = ["docs/start/adopt.md", "docs/operate/deploying.md"];
  expect(filesWithout("queue_consumer_no_wait_for_wait_until", [...consuming, ...pages])).toEqual([]);
});

describe("the documentation", () => {
  test("lists every event of the log, every setting and every problem", () => {
    const words = (file: string, pattern: RegExp) =>
      [...readFileSync(join(SRC, file), "utf8").matchAll(pattern)].map(([, word = ""]) => word);
    const read = (page: string) => readFileSync(join(ROOT, page), "utf8");
    const missing = (page: string, all: string[]) => all.filter((word) => !read(page).includes(word));
    expect(missing("docs/operate/monitoring.md", words("platform/log.ts", /\| "([a-z._]+)"/g))).toEqual([]);
    const settings = ["platform/config.ts", "platform/email-provider-setting.ts"].flatMap((file) =>
      words(file, /^ {2}([A-Z_]+)\?: string/gm),
    );
    expect(settings.length).toBeGreaterThan(35);
    expect(missing("docs/reference/settings.md", settings)).toEqual([]);
    expect(missing("docs/start/inbox.md", words("inbox/refusal.ts", /^ {2}([a-z_]+): \{ status/gm))).toEqual(
      [],
    );
    expect(
      missing("docs/reference/problems.md", words("api/door/problem.ts", /^ {2}([a-z_]+): \{ status/gm)),
    ).toEqual([]);
  });
});

function wranglerFiles(): string[] {
  return trackedFiles().filter((name) => /(^|\/)wrangler[\w.-]*\.(toml|jsonc?)$/.test(name));
}

function filesWithout(word: string, names: string[]): string[] {
  return names.filter((name) => !readFileSync(join(ROOT, name), "utf8").includes(word));
}

function trackedFiles(): string[] {
  return execFileSync("git", ["ls-files"], { cwd: ROOT, encoding: "utf8" }).split("\n").filter(Boolean);
}
