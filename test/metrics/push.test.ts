import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { metricLimits } from "../../src/metrics/metric-limits.ts";
import { readOtlp } from "../../src/metrics/otlp-settings.ts";
import { pushMetrics } from "../../src/metrics/push.ts";
import { insertSums } from "../support/database/sums.ts";
import { World } from "../support/world.ts";

let world: World;
let requests: Request[];
let answer: () => Response | Promise<Response>;

beforeEach(() => {
  world = new World(env.DB);
  requests = [];
  answer = () => Response.json({});
});

const SETTINGS = {
  OTLP_METRICS_URL: "https://otlp.example.com/v1/metrics",
  OTLP_HEADERS: "authorization=Bearer%20s3cret%3D%3D,x-scope=shop",
};

async function push(settings: object = SETTINGS): Promise<void> {
  const clock = { ...world.clock, timeout: () => new AbortController().signal };
  await pushMetrics({
    db: env.DB,
    clock,
    log: world.log,
    env: settings,
    databaseMaxBytes: () => 1e10,
    fetch: async (input, init) => {
      requests.push(new Request(input as string, init as RequestInit));
      return answer();
    },
  });
}

const failures = () => world.events.filter(({ event }) => event === "metrics.push_failed");

interface Metric {
  name: string;
  sum?: { dataPoints: { asInt?: string; startTimeUnixNano?: string; timeUnixNano: string }[] };
}

describe("the push of metrics", () => {
  test("posts OTLP as JSON with the headers, and is silent when it is taken", async () => {
    await world.createTenant();
    await insertSums({ counts: { committed: 7 } }).run();
    await push();
    const [request] = requests;
    expect(request?.method).toBe("POST");
    expect(request?.url).toBe(SETTINGS.OTLP_METRICS_URL);
    expect(Object.fromEntries(request?.headers ?? [])).toMatchObject({
      authorization: "Bearer s3cret==",
      "x-scope": "shop",
      "content-type": "application/json",
    });
    const body = await request?.json<{ resourceMetrics: { scopeMetrics: { metrics: Metric[] }[] }[] }>();
    const metrics = body?.resourceMetrics[0]?.scopeMetrics[0]?.metrics ?? [];
    const committed = metrics.find(({ name }) => name === "edge_outbox_messages_committed_total");
    expect(committed?.sum?.dataPoints[0]).toMatchObject({
      asInt: "7",
      timeUnixNano: `${world.now}000000`,
      startTimeUnixNano: expect.stringMatching(/^\d{13}000000$/),
    });
    expect(failures()).toEqual([]);
  });

  test("does nothing without a URL", async () => {
    await push({ OTLP_HEADERS: SETTINGS.OTLP_HEADERS });
    expect([requests, failures()]).toEqual([[], []]);
  });

  test.each<[string, () => Response | Promise<Response>, string]>([
    ["refuses", () => new Response("Bearer s3cret==", { status: 401 }), "The receiver answered 401"],
    [
      "redirects",
      () => new Response(null, { status: 302, headers: { location: "https://other.example/" } }),
      "The receiver answered 302",
    ],
    [
      "takes a part",
      () => Response.json({ partialSuccess: { rejectedDataPoints: "3", errorMessage: "s3cret" } }),
      "The receiver refused 3 data points",
    ],
    [
      "is away",
      () => Promise.reject(new Error("Network connection lost.")),
      "Error: Network connection lost.",
    ],
  ])("tells the log, and never a secret, when the receiver %s", async (_, answered, error) => {
    answer = answered;
    await push();
    expect(failures()).toEqual([{ event: "metrics.push_failed", error }]);
    expect(JSON.stringify(world.events)).not.toContain("s3cret");
  });

  test("has an end when the receiver does not answer", async () => {
    const ended = AbortSignal.abort(new DOMException("The operation timed out", "TimeoutError"));
    const asked: number[] = [];
    const clock = {
      ...world.clock,
      timeout: (ms: number) => {
        asked.push(ms);
        return ended;
      },
    };
    await pushMetrics({
      db: env.DB,
      clock,
      log: world.log,
      env: SETTINGS,
      databaseMaxBytes: () => 1e10,
      fetch: (_, init) =>
        init?.signal?.aborted ? Promise.reject(init.signal.reason) : new Promise(() => undefined),
    });
    expect(asked).toEqual([metricLimits.pushMs]);
    expect(failures()).toEqual([expect.objectContaining({ error: expect.stringContaining("timed out") })]);
  });

  test("does not throw when a setting is wrong", async () => {
    await push({ OTLP_METRICS_URL: "http://otlp.example.com/" });
    expect(failures()).toEqual([
      expect.objectContaining({ error: expect.stringContaining("OTLP_METRICS_URL must be the https URL") }),
    ]);
  });
});

describe("the settings of the push", () => {
  const url = (value: string, more: object = {}) => readOtlp({ OTLP_METRICS_URL: value, ...more })?.url;

  test("take an https URL, and one of this machine over http in development alone", () => {
    expect(url("https://otlp.example.com/v1/metrics?x=1")).toBe("https://otlp.example.com/v1/metrics?x=1");
    expect(url("http://localhost:4318/v1/metrics", { ENVIRONMENT: "development" })).toBe(
      "http://localhost:4318/v1/metrics",
    );
    for (const wrong of [
      "http://localhost:4318/v1/metrics",
      "otlp.example.com",
      "https://ada:s3cret@otlp.example.com/",
      "https://otlp.example.com/#x",
    ]) {
      expect(() => url(wrong), wrong).toThrow("OTLP_METRICS_URL must be the https URL of a receiver");
    }
    expect(() => url("http://otlp.example.com/", { ENVIRONMENT: "development" })).toThrow("OTLP_METRICS_URL");
  });

  test("take headers in percent-encoding, and do not quote a wrong one", () => {
    const headers = (OTLP_HEADERS: string) => readOtlp({ ...SETTINGS, OTLP_HEADERS })?.headers;
    expect(headers("a=1, b = x%2Cy=z ")).toEqual({ a: "1", b: "x,y=z" });
    expect(headers("")).toEqual({});
    for (const wrong of ["s3cret", "=s3cret", "a b=s3cret", "a=%s3cret", "a=s3cret%0A", "a=1,,b=2"]) {
      const refused = () => headers(wrong);
      expect(refused, wrong).toThrow("OTLP_HEADERS must be headers in percent-encoding");
      expect(refused, wrong).not.toThrow("s3cret");
    }
  });
});
