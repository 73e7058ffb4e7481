import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import {
  type DevServer,
  endGroup,
  findFreePort,
  OPERATOR_TOKEN,
  startDevServer,
  waitUntil,
} from "../support/programs/dev-server.ts";

const EXAMPLES = join(import.meta.dirname, "../../examples");
const RULES = join(EXAMPLES, "prometheus/rules.yml");
const TENANT = "acme";
const found = inject("prometheus");

/** Receiver that refuses all it gets. */
const refuser = createServer((request, response) => {
  request.resume();
  response.writeHead(400).end();
});
const folder = mkdtempSync(join(tmpdir(), "edge-outbox-prometheus-"));
let server: DevServer;
let prometheus: ChildProcess | undefined;
let metrics: string;

beforeEach(({ skip }) => skip(found === undefined, "prometheus was not found"));

beforeAll(async () => {
  if (!found) return;
  refuser.listen(0, "127.0.0.1");
  await once(refuser, "listening");
  server = await startDevServer({ port: await findFreePort(), data: join(folder, "data"), vars: {} });
  await call("POST", "/v1/tenants", { id: TENANT });
  metrics = await (await ask("GET", `/metrics?tenant=${TENANT}`)).text();
});

afterAll(async () => {
  if (prometheus) await endGroup(prometheus, "SIGKILL");
  await server?.kill();
  refuser.close();
  rmSync(folder, { recursive: true, force: true });
});

async function ask(method: string, path: string, body?: unknown): Promise<Response> {
  const headers = { authorization: `Bearer ${OPERATOR_TOKEN}`, "content-type": "application/json" };
  const response = await fetch(server.url + path, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response;
}

async function call<T = { id: string }>(method: string, path: string, body?: unknown): Promise<T> {
  return (await ask(method, path, body)).json() as Promise<T>;
}

/** Runs promtool; what it refuses fails the test, with its words. */
function promtool(args: readonly string[], input = ""): string {
  return execFileSync(found?.tool ?? "", args, { input, encoding: "utf8", stdio: "pipe" });
}

/** Names of the metrics that these expressions name, without what a histogram adds to its own. */
function namedIn(text: string): string[] {
  const names = [...text.matchAll(/\bedge_outbox_\w+/g)].map(([name]) =>
    name.replace(/_(bucket|count)$/, ""),
  );
  return [...new Set(names)];
}

const served = () => [...metrics.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name);

test("promtool finds nothing to say of the metrics", () => {
  expect(served().length).toBeGreaterThan(30);
  promtool(["check", "metrics"], metrics);
});

test("every metric is told of in the documentation", () => {
  const page = readFileSync(join(EXAMPLES, "../docs/operate/monitoring.md"), "utf8");
  const names = served().map((name = "") => name.replace("edge_outbox_tenant_", "`"));
  expect(names.filter((name) => !page.includes(name))).toEqual([]);
});

test("the example's configuration is one", () => {
  promtool(["check", "config", "--syntax-only", join(EXAMPLES, "prometheus/prometheus.yml")]);
});

describe("the alert rules", () => {
  const rules = readFileSync(RULES, "utf8");
  const alerts = [...rules.matchAll(/- alert: (\w+)$/gm)].map(([, name]) => name);

  test("are rules, and fire and do not fire as their cases say", () => {
    promtool(["check", "rules", RULES]);
    promtool(["test", "rules", join(EXAMPLES, "prometheus/rules.test.yml")]);
  });

  test("have a case each in which they fire, and one in which they do not", () => {
    const cases = readFileSync(join(EXAMPLES, "prometheus/rules.test.yml"), "utf8")
      .split("  - name:")
      .slice(1);
    for (const alert of alerts) {
      const own = cases.filter((text) => text.includes(`alertname: ${alert}\n`));
      const fires = own.map((text) => text.includes("exp_alerts"));
      expect([fires.includes(true), fires.includes(false)], alert).toEqual([true, true]);
    }
  });

  test("name metrics that there are, and a section of the documentation", () => {
    expect(served()).toEqual(expect.arrayContaining(namedIn(rules)));
    const urls = [...rules.matchAll(/runbook_url: (\S+)#(\S+)$/gm)];
    expect(urls).toHaveLength(alerts.length);
    for (const [, page = "", anchor] of urls) {
      const text = readFileSync(join(EXAMPLES, "..", page), "utf8");
      const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => title.toLowerCase());
      expect(headings).toContain(anchor);
    }
  });
});

interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: { type: string; uid: string };
  targets?: { refId: string; expr: string }[];
}

describe("the Grafana dashboard", () => {
  const { panels, templating, ...dashboard } = JSON.parse(
    readFileSync(join(EXAMPLES, "grafana/edge-outbox.json"), "utf8"),
  ) as {
    uid: string;
    title: string;
    schemaVersion: number;
    panels: Panel[];
    templating: { list: { name: string; type: string }[] };
  };
  const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

  test("has what Grafana needs to load it: ids, a grid without overlaps, sources and variables", () => {
    expect(dashboard).toMatchObject({ uid: "edge-outbox", title: "edge-outbox", schemaVersion: 39 });
    expect(templating.list.map(({ name }) => name)).toEqual(["datasource", "channel", "tenant"]);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(panels.filter(({ type }) => type === "row").map(({ title }) => title)).toEqual([
      "Is it well?",
      "Flow",
      "Latency",
      "Trouble",
      "Upkeep",
    ]);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)} ${y + Math.floor(n / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    for (const { type, title, datasource, targets, gridPos } of panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      if (type === "row") continue;
      expect(datasource, title).toEqual({
        type: "prometheus",
        uid: expect.stringMatching(/^\$\{datasource\}$/),
      });
      expect(new Set(targets?.map(({ refId }) => refId)).size, title).toBe(targets?.length);
    }
  });

  test("asks by expressions that Prometheus parses, of metrics that there are", () => {
    const plain = expressions.map((expr) =>
      expr.replaceAll(/\$__(rate_interval|range)/g, "5m").replaceAll(/\$\w+/g, ".*"),
    );
    expect(plain.length).toBeGreaterThan(20);
    const rules = plain.map((expr, n) => ({ record: `panel:${n}`, expr }));
    const file = join(folder, "panels.yml");
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ groups: [{ name: "panels", rules }] }));
    promtool(["check", "rules", file]);
    expect(served()).toEqual(expect.arrayContaining(namedIn(expressions.join("\n"))));
  });
});

/** Answer of Prometheus about its alerts, its targets or a query. */
interface Said {
  data: {
    alerts?: { labels: Record<string, string>; state: string }[];
    activeTargets?: { health: string }[];
    result?: unknown[];
  };
}

/** Prometheus with the example's rules, which wait a second before they fire. */
async function startPrometheus(): Promise<(path: string) => Promise<Said>> {
  const short = readFileSync(RULES, "utf8").replaceAll(/^( +for:) .*$/gm, "$1 1s");
  writeFileSync(join(folder, "rules.yml"), short);
  const config = {
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: ["rules.yml"],
    scrape_configs: [
      {
        job_name: "edge-outbox",
        params: { tenant: [TENANT] },
        authorization: { credentials: OPERATOR_TOKEN },
        static_configs: [{ targets: [new URL(server.url).host] }],
      },
    ],
  };
  const configFile = join(folder, "prometheus.yml");
  writeFileSync(configFile, JSON.stringify(config));
  promtool(["check", "config", configFile]);
  const address = `127.0.0.1:${await findFreePort()}`;
  const flags = [`--config.file=${configFile}`, `--storage.tsdb.path=${join(folder, "tsdb")}`];
  prometheus = spawn(
    found?.server ?? "",
    [...flags, `--web.listen-address=${address}`, "--log.level=error"],
    {
      detached: true,
      stdio: "ignore",
    },
  );
  return async (path) => (await (await fetch(`http://${address}/api/v1/${path}`)).json()) as Said;
}

/*
 * Setup: wrangler dev, a strict endpoint whose receiver refuses; Prometheus with the rules of examples/prometheus.
 * Timeline: a delivery with an ordering key dies and blocks it; Prometheus scrapes; a person skips the key.
 * Proves: Prometheus reads what the Worker serves, and an alert fires while there is trouble, and not longer.
 */
test("Prometheus scrapes the Worker, and an alert fires while a key is blocked", async () => {
  const said = await startPrometheus();
  const states = async () => {
    const { alerts = [] } = (await said("alerts")).data;
    return Object.fromEntries(alerts.map(({ labels, state }) => [labels["alertname"], state]));
  };
  await waitUntil("Prometheus to scrape", async () => {
    const { activeTargets = [] } = await said("targets").then(
      ({ data }) => data,
      () => ({ activeTargets: [] }),
    );
    return activeTargets.some(({ health }) => health === "up");
  });
  expect(await states()).not.toHaveProperty("OutboxBlockedKeys");
  const path = `/v1/tenants/${TENANT}`;
  const { port } = refuser.address() as AddressInfo;
  const endpoint = await call("POST", `${path}/endpoints`, {
    channel: "webhook",
    url: `http://127.0.0.1:${port}/`,
    order: "strict",
    giveUpOn: [400],
  });
  await call("POST", `${path}/messages`, { eventType: "a", payload: 1, orderingKey: "k" });
  await waitUntil("the alert to fire", async () => (await states())["OutboxBlockedKeys"] === "firing");
  // The label keeps its name: Prometheus renames those that its targets have, too.
  const { result } = (
    await said('query?query=edge_outbox_cron_last_run_timestamp_seconds{cron_job="sweep"}>0')
  ).data;
  expect(result).toHaveLength(1);
  expect(await states()).not.toHaveProperty("OutboxCronSilent");
  await call("POST", `${path}/endpoints/${endpoint.id}/skip`, {});
  await waitUntil("the alert to clear", async () => !("OutboxBlockedKeys" in (await states())));
});
