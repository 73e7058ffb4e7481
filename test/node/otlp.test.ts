import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ValueType } from "@opentelemetry/api";
import { JsonMetricsSerializer } from "@opentelemetry/otlp-transformer";
import { AggregationTemporality, DataPointType, type ResourceMetrics } from "@opentelemetry/sdk-metrics";
import { expect, test } from "vitest";
import type { Family } from "../../src/metrics/family.ts";
import { otlpRequest } from "../../src/metrics/otlp.ts";
import { VERSION } from "../../src/platform/version.ts";
import { ROOT } from "./sources.ts";

const FROM = Date.parse("2026-01-01T00:00:00Z");
const TO = FROM + 1234;
const HELP = "A sentence.";
const LABELS = { channel: "webhook", text: 'a"\n\\é' };

const FAMILIES: Family[] = [
  { name: "x_total", type: "counter", help: HELP, samples: [{ labels: LABELS, value: 2 ** 53 - 1 }] },
  { name: "x_bytes", type: "gauge", help: HELP, samples: [{ labels: {}, value: 12 }] },
  { name: "y_seconds", type: "gauge", help: HELP, samples: [{ labels: {}, value: 1.5 }] },
  {
    name: "z_seconds",
    type: "histogram",
    help: HELP,
    bounds: [0.05, 2.5],
    samples: [{ labels: LABELS, counts: [1, 0, 3] }],
  },
];

const startTime: [number, number] = [FROM / 1000, 0];
const endTime: [number, number] = [FROM / 1000 + 1, 234_000_000];
const point = (attributes: Record<string, string>, value: number) => ({
  startTime,
  endTime,
  attributes,
  value,
});
const descriptor = (name: string, unit: string, valueType: ValueType) => ({
  name,
  unit,
  valueType,
  description: HELP,
});

/** The same, as the SDK of OpenTelemetry has it. */
const OFFICIAL = {
  resource: { attributes: { "service.name": "edge-outbox", "service.version": VERSION } },
  scopeMetrics: [
    {
      scope: { name: "edge-outbox", version: VERSION },
      metrics: [
        {
          descriptor: descriptor("x_total", "", ValueType.INT),
          aggregationTemporality: AggregationTemporality.CUMULATIVE,
          dataPointType: DataPointType.SUM,
          isMonotonic: true,
          dataPoints: [point(LABELS, 2 ** 53 - 1)],
        },
        {
          descriptor: descriptor("x_bytes", "By", ValueType.INT),
          dataPointType: DataPointType.GAUGE,
          dataPoints: [point({}, 12)],
        },
        {
          descriptor: descriptor("y_seconds", "s", ValueType.DOUBLE),
          dataPointType: DataPointType.GAUGE,
          dataPoints: [point({}, 1.5)],
        },
        {
          descriptor: descriptor("z_seconds", "s", ValueType.DOUBLE),
          aggregationTemporality: AggregationTemporality.CUMULATIVE,
          dataPointType: DataPointType.HISTOGRAM,
          dataPoints: [
            {
              startTime,
              endTime,
              attributes: LABELS,
              value: { buckets: { boundaries: [0.05, 2.5], counts: [1, 0, 3] }, count: 4 },
            },
          ],
        },
      ],
    },
  ],
} as unknown as ResourceMetrics;

/** The JSON of protobuf has 64-bit integers as texts; OpenTelemetry's own writes numbers. Receivers take both. */
const asText = (key: string, value: unknown) => {
  if (key === "asInt" || key === "count") return String(value);
  return key === "bucketCounts" ? (value as number[]).map(String) : value;
};

test("the request is as OpenTelemetry's own serializer writes it", () => {
  const bytes = JsonMetricsSerializer.serializeRequest(OFFICIAL);
  const official = JSON.parse(new TextDecoder().decode(bytes), asText);
  const own = JSON.parse(JSON.stringify(otlpRequest(FAMILIES, { from: FROM, to: TO })));
  expect(official).toMatchObject(own);
  expect(own.resourceMetrics[0].scopeMetrics[0].metrics).toHaveLength(FAMILIES.length);
});

test("a family without samples is left out: a metric must have data", () => {
  const empty: Family = { name: "x", type: "gauge", help: HELP, samples: [] };
  const [resource] = otlpRequest([empty], { from: FROM, to: TO }).resourceMetrics;
  expect(resource?.scopeMetrics[0]?.metrics).toEqual([]);
});

test("the version that metrics tell is that of the package", () => {
  expect(VERSION).toBe(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version);
});
